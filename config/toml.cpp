/* SPDX-License-Identifier: Apache-2.0
 *
 * toml++ keeps the position of every value, which is what errors that name lines need. The tree is copied into plain
 * nodes so that the rest of the house stays C, in the order of the text (toml++ sorts by key).
 *
 * Headers only, so that the limit of nested values is ours. Dotted keys have no limit in toml++ 3.3, and their tables
 * are freed recursively: a line of half a million dots would exhaust the stack, hence the look at every line first.
 */
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 8
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "config/toml.h"

static_assert(TOML_MAX_NESTED_VALUES == OKNG_TOML_DEPTH_MAX);

struct okng_toml {
	std::deque<okng_toml_node> nodes;
	std::deque<std::string> strings;
	okng_toml_node *root = nullptr;
};

namespace {

struct too_deep {
	int line;
};

const char *keep(okng_toml &doc, std::string_view s)
{
	return doc.strings.emplace_back(s).c_str();
}

okng_toml_node *copy(okng_toml &doc, std::string_view key, const toml::node &from, toml::source_position at, int depth);

void adopt(okng_toml_node &parent, std::vector<okng_toml_node *> &children)
{
	for (size_t i = 0; i < children.size(); i++)
		children[i]->next = i + 1 < children.size() ? children[i + 1] : nullptr;
	parent.child = children.empty() ? nullptr : children[0];
}

void copy_table(okng_toml &doc, okng_toml_node &to, const toml::table &from, int depth)
{
	struct placed {
		toml::source_position at;
		okng_toml_node *node;
	};
	std::vector<placed> places;
	for (const auto &[k, v] : from) {
		toml::source_position at = k.source().begin;
		if (!at)
			at = v.source().begin;
		places.push_back({at, copy(doc, k.str(), v, at, depth)});
	}
	std::stable_sort(places.begin(), places.end(), [](const placed &a, const placed &b) {
		return a.at.line != b.at.line ? a.at.line < b.at.line : a.at.column < b.at.column;
	});
	std::vector<okng_toml_node *> children;
	for (const placed &p : places)
		children.push_back(p.node);
	adopt(to, children);
}

void copy_array(okng_toml &doc, okng_toml_node &to, const toml::array &from, int depth)
{
	std::vector<okng_toml_node *> children;
	for (const auto &v : from)
		children.push_back(copy(doc, "", v, v.source().begin, depth));
	adopt(to, children);
}

okng_toml_node *copy(okng_toml &doc, std::string_view key, const toml::node &from, toml::source_position at, int depth)
{
	okng_toml_node &n = doc.nodes.emplace_back(okng_toml_node{});
	n.kind = OKNG_TOML_OTHER;
	n.key = keep(doc, key);
	n.line = static_cast<int>(at.line);
	if (depth > OKNG_TOML_DEPTH_MAX)
		throw too_deep{n.line};
	if (const auto *t = from.as_table()) {
		n.kind = OKNG_TOML_TABLE;
		copy_table(doc, n, *t, depth + 1);
	} else if (const auto *a = from.as_array()) {
		n.kind = OKNG_TOML_ARRAY;
		copy_array(doc, n, *a, depth + 1);
	} else if (const auto *s = from.as_string()) {
		n.kind = OKNG_TOML_STRING;
		n.string = keep(doc, s->get());
		n.length = s->get().size();
	} else if (const auto *i = from.as_integer()) {
		n.kind = OKNG_TOML_INT;
		n.integer = i->get();
		n.number = static_cast<double>(i->get());
	} else if (const auto *d = from.as_floating_point()) {
		n.kind = OKNG_TOML_FLOAT;
		n.number = d->get();
	} else if (const auto *b = from.as_boolean()) {
		n.kind = OKNG_TOML_BOOL;
		n.integer = b->get();
	}
	return &n;
}

/* The first line with more dots than a key may have; 0 none. Dots in strings and comments count too: it is a limit. */
int dotted_line(std::string_view text)
{
	int line = 1, dots = 0;
	for (const char c : text) {
		if (c == '\n') {
			line++;
			dots = 0;
		} else if (c == '.' && ++dots > OKNG_TOML_DOTS_MAX) {
			return line;
		}
	}
	return 0;
}

int parse(okng_toml &doc, std::string_view text, const char *name, struct okng_error *err)
{
	try {
		const toml::table table = toml::parse(text);
		doc.root = copy(doc, "", table, {}, 0);
		return 0;
	} catch (const toml::parse_error &e) {
		const std::string_view what = e.description();
		return okng_error_set(err, -EINVAL, name, static_cast<int>(e.source().begin.line), "", "not TOML: %.*s",
			static_cast<int>(what.size()), what.data());
	} catch (const too_deep &e) {
		return okng_error_set(err, -ELOOP, name, e.line, "", "tables and lists are nested deeper than %d", OKNG_TOML_DEPTH_MAX);
	} catch (const std::bad_alloc &) {
		return okng_error_set(err, -ENOMEM, name, 0, "", "out of memory");
	} catch (...) {
		return okng_error_set(err, -EINVAL, name, 0, "", "not TOML");
	}
}

} // namespace

int okng_toml_parse(struct okng_toml **doc, const char *text, size_t size, const char *name, struct okng_error *err)
{
	*doc = nullptr;
	if (size > OKNG_TOML_SIZE_MAX)
		return okng_error_set(err, -EFBIG, name, 0, "", "is larger than 1 MiB, which no configuration is");
	const std::string_view all(size ? text : "", size);
	if (const int line = dotted_line(all))
		return okng_error_set(err, -ELOOP, name, line, "", "more than %d dots on one line", OKNG_TOML_DOTS_MAX);
	okng_toml *made = new (std::nothrow) okng_toml;
	if (!made)
		return okng_error_set(err, -ENOMEM, name, 0, "", "out of memory");
	const int r = parse(*made, all, name, err);
	if (r < 0)
		delete made;
	else
		*doc = made;
	return r;
}

const struct okng_toml_node *okng_toml_root(const struct okng_toml *doc)
{
	return doc->root;
}

void okng_toml_close(struct okng_toml **doc)
{
	delete *doc;
	*doc = nullptr;
}
