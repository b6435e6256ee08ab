/* SPDX-License-Identifier: Apache-2.0
 *
 * toml++ keeps the position of every value, which is what errors that name lines need. The tree is copied into plain
 * nodes so that the rest of the house stays C.
 */
#include "config/toml.h"

#include <cerrno>
#include <deque>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

struct okng_toml {
	std::deque<okng_toml_node> nodes;
	std::deque<std::string> strings;
	okng_toml_node *root = nullptr;
};

namespace {

const char *keep(okng_toml &doc, std::string_view s)
{
	doc.strings.emplace_back(s);
	return doc.strings.back().c_str();
}

okng_toml_node *copy(okng_toml &doc, std::string_view key, const toml::node &from);

void adopt(okng_toml_node &parent, std::vector<okng_toml_node *> &children)
{
	for (size_t i = 0; i < children.size(); i++)
		children[i]->next = i + 1 < children.size() ? children[i + 1] : nullptr;
	parent.child = children.empty() ? nullptr : children[0];
}

okng_toml_node *copy(okng_toml &doc, std::string_view key, const toml::node &from)
{
	doc.nodes.emplace_back();
	okng_toml_node &n = doc.nodes.back();
	n = okng_toml_node{};
	n.kind = OKNG_TOML_OTHER;
	n.key = keep(doc, key);
	n.line = static_cast<int>(from.source().begin.line);
	std::vector<okng_toml_node *> children;
	if (const auto *t = from.as_table()) {
		n.kind = OKNG_TOML_TABLE;
		for (const auto &[k, v] : *t)
			children.push_back(copy(doc, k.str(), v));
		adopt(n, children);
	} else if (const auto *a = from.as_array()) {
		n.kind = OKNG_TOML_ARRAY;
		for (const auto &v : *a)
			children.push_back(copy(doc, "", v));
		adopt(n, children);
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

} // namespace

int okng_toml_parse(struct okng_toml **doc, const char *text, size_t size, const char *name, struct okng_error *err)
{
	*doc = nullptr;
	if (size > OKNG_TOML_SIZE_MAX)
		return okng_error_set(err, -EFBIG, name, 0, "", "is larger than 1 MiB, which no configuration is");
	try {
		toml::table table = toml::parse(std::string_view(text, size));
		auto made = new okng_toml;
		*doc = made;
		made->root = copy(*made, "", table);
		made->root->line = 0;
		return 0;
	} catch (const toml::parse_error &e) {
		okng_toml_close(doc);
		std::string_view what = e.description();
		return okng_error_set(err, -EINVAL, name, static_cast<int>(e.source().begin.line), "", "not TOML: %.*s",
			static_cast<int>(what.size()), what.data());
	} catch (const std::bad_alloc &) {
		okng_toml_close(doc);
		return okng_error_set(err, -ENOMEM, name, 0, "", "out of memory");
	} catch (const std::exception &e) {
		okng_toml_close(doc);
		return okng_error_set(err, -EINVAL, name, 0, "", "not TOML: %s", e.what());
	}
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
