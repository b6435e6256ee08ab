/* SPDX-License-Identifier: Apache-2.0
 *
 * Any GenICam feature by its name, "Name=Value" with the value in the terms of the feature's own type.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera/aravis_setup.h"

#define KEY "camera.aravis.features"

struct assignment {
	char name[64], value[64];
	struct okng_error *err;
};

static int wrong(const struct assignment *a, const char *allowed)
{
	return okng_error_set(a->err, -EINVAL, "", 0, KEY, "%s takes %s, not \"%s\"", a->name, allowed, a->value);
}

static int took_other(const struct assignment *a, const char *took)
{
	return okng_error_set(a->err, -EINVAL, "", 0, KEY, "%s=%s, but the camera took %s", a->name, a->value, took);
}

static int set_integer(const struct assignment *a, ArvDevice *device, GError **error)
{
	char *end, took[32];
	errno = 0;
	long long want = strtoll(a->value, &end, 0);
	if (errno || end == a->value || *end)
		return wrong(a, "a whole number");
	arv_device_set_integer_feature_value(device, a->name, want, error);
	long long got = *error ? 0 : (long long)arv_device_get_integer_feature_value(device, a->name, error);
	snprintf(took, sizeof took, "%lld", got);
	return *error || got == want ? 0 : took_other(a, took);
}

static int set_float(const struct assignment *a, ArvDevice *device, GError **error)
{
	char *end, took[32];
	double want = g_ascii_strtod(a->value, &end);
	if (end == a->value || *end || !isfinite(want))
		return wrong(a, "a number");
	arv_device_set_float_feature_value(device, a->name, want, error);
	double got = *error ? 0 : arv_device_get_float_feature_value(device, a->name, error);
	snprintf(took, sizeof took, "%g", got);
	return *error || fabs(got - want) <= 0.01 * fabs(want) ? 0 : took_other(a, took);
}

static int set_boolean(const struct assignment *a, ArvDevice *device, GError **error)
{
	bool on = strcmp(a->value, "true") == 0 || strcmp(a->value, "1") == 0;
	if (!on && strcmp(a->value, "false") != 0 && strcmp(a->value, "0") != 0)
		return wrong(a, "true or false");
	arv_device_set_boolean_feature_value(device, a->name, on, error);
	bool got = *error ? on : arv_device_get_boolean_feature_value(device, a->name, error) != FALSE;
	return *error || got == on ? 0 : took_other(a, got ? "true" : "false");
}

static int set_text(const struct assignment *a, ArvDevice *device, GError **error)
{
	arv_device_set_string_feature_value(device, a->name, a->value, error);
	const char *got = *error ? NULL : arv_device_get_string_feature_value(device, a->name, error);
	return *error || (got && strcmp(got, a->value) == 0) ? 0 : took_other(a, got ? got : "nothing");
}

static int execute(const struct assignment *a, ArvDevice *device, GError **error)
{
	if (strcmp(a->value, "execute") != 0)
		return wrong(a, "execute: it is a command");
	arv_device_execute_command(device, a->name, error);
	return 0;
}

int okng_aravis_set_feature(ArvDevice *device, const char *assignment, struct okng_error *err)
{
	struct assignment a = {.err = err};
	const char *equals = strchr(assignment, '=');
	size_t n = equals ? (size_t)(equals - assignment) : 0;
	if (n == 0 || n >= sizeof a.name || strlen(equals + 1) >= sizeof a.value)
		return okng_error_set(err, -EINVAL, "", 0, KEY, "must be written \"Name=Value\", each of less than 64 bytes, not \"%s\"", assignment);
	memcpy(a.name, assignment, n);
	snprintf(a.value, sizeof a.value, "%s", equals + 1);
	ArvGcNode *node = arv_device_get_feature(device, a.name);
	if (!ARV_IS_GC_FEATURE_NODE(node))
		return okng_error_set(err, -EINVAL, "", 0, KEY, "the camera has no feature %s", a.name);
	GError *error = NULL;
	int rc;
	if (ARV_IS_GC_COMMAND(node))
		rc = execute(&a, device, &error);
	else if (ARV_IS_GC_BOOLEAN(node))
		rc = set_boolean(&a, device, &error);
	else if (ARV_IS_GC_ENUMERATION(node) || ARV_IS_GC_STRING(node))
		rc = set_text(&a, device, &error);
	else if (ARV_IS_GC_FLOAT(node))
		rc = set_float(&a, device, &error);
	else if (ARV_IS_GC_INTEGER(node))
		rc = set_integer(&a, device, &error);
	else
		rc = okng_error_set(err, -EINVAL, "", 0, KEY, "%s is not a value that can be set", a.name);
	return error ? okng_aravis_refuse(err, KEY, assignment, &error) : rc;
}
