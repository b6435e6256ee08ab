/* SPDX-License-Identifier: Apache-2.0
 *
 * For the thread sanitizer: Aravis and glib are not built with it, so it does not see how their threads agree and takes
 * every buffer for a race. What our own code does is still watched. Without that sanitizer nobody calls this.
 */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
	return "ignore_noninstrumented_modules=1";
}
