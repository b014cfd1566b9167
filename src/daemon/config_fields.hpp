// The language in which the configuration's keys are declared (config.cpp): a section is a table of
// fields; a field is a key, where its value goes, how that is written, and what it means. The same
// table reads a file, finds unknown and missing keys, and writes the reference.
#pragma once

#include "yaml.hpp"

#include "farebox/base/money.hpp"
#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"
#include "farebox/daemon/config.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace farebox::daemon {

// How a value is written: one scalar of YAML.
template <class V>
struct notation {
  using value_type = V;
  std::string type; // completes "expected ..."
  std::function<result<V>(std::string_view)> parse; // an empty detail: not of that type
  std::function<std::string(const V&)> print;
};

notation<std::string> text_up_to(std::size_t octets_max);
notation<std::string> name();           // of what is referred to, shown and logged
notation<std::string> digits();         // of a short code
notation<std::string> absolute_path();  // may be empty
notation<std::string> existing_file();  // readable now, or empty
notation<std::string> ip_address();
notation<std::string> country();        // ISO 3166 alpha-2
notation<bool> flag();
notation<currency> currency_code();
notation<millionths> amount();
notation<rate> percentage();
notation<utc_time> date();
notation<partner_id> partner_number();
notation<gateway::endpoint> host_and_port(std::uint16_t port_default);
notation<std::string> octets_in_hex();

std::optional<std::int64_t> parse_whole(std::string_view text); // decimal, or hexadecimal after 0x
std::optional<milliseconds> parse_duration(std::string_view text); // "250ms", "30s", "5m", "24h"
std::string duration_text(milliseconds duration);

template <class V>
notation<V> whole(std::int64_t min, std::int64_t max, bool hexadecimal = false) {
  const auto shown = [hexadecimal](std::int64_t value) {
    return hexadecimal ? fmt::format("0x{:02X}", value) : fmt::format("{}", value);
  };
  return {fmt::format("a whole number, {} to {}", shown(min), shown(max)),
          [min, max](std::string_view text) -> result<V> {
            const auto value = parse_whole(text);
            if (!value || *value < min || *value > max) return invalid("");
            return static_cast<V>(*value);
          },
          [shown](const V& value) { return shown(static_cast<std::int64_t>(value)); }};
}

template <class D>
notation<D> duration(D min, D max) {
  return {fmt::format("a duration, {} to {}", duration_text(min), duration_text(max)),
          [min, max](std::string_view text) -> result<D> {
            const auto value = parse_duration(text);
            if (!value || *value < min || *value > max) return invalid("");
            const auto rounded = std::chrono::duration_cast<D>(*value);
            if (rounded != *value)
              return invalid("too fine: use " + duration_text(D{1}) + " steps");
            return rounded;
          },
          [](const D& value) { return duration_text(value); }};
}

template <class E>
notation<E> choice(std::vector<std::pair<std::string_view, E>> names) {
  std::string type;
  for (std::size_t i = 0; i < names.size(); ++i)
    type += (i == 0 ? "" : i + 1 < names.size() ? ", " : " or ") + std::string(names[i].first);
  return {type,
          [names](std::string_view text) -> result<E> {
            for (const auto& [name, value] : names)
              if (name == text) return value;
            return invalid("");
          },
          [names](const E& sought) {
            for (const auto& [name, value] : names)
              if (value == sought) return std::string(name);
            return std::string();
          }};
}

template <class V>
notation<std::optional<V>> maybe(notation<V> of) {
  return {of.type,
          [of](std::string_view text) -> result<std::optional<V>> {
            auto value = of.parse(text);
            if (!value) return value.error();
            return std::optional<V>(std::move(*value));
          },
          [of](const std::optional<V>& value) { return value ? of.print(*value) : ""; }};
}

// What a reading knows beside the file.
struct reading {
  error_list& errors;
  std::string credentials_directory; // of systemd; may be empty
  std::string secrets_directory;

  // The file of a credential. systemd names those of a whole directory with the directory's id
  // before them (LoadCredential=secret:/etc/farebox/secrets).
  result<std::string> credential(const std::string& name) const;
};

enum class need : std::uint8_t { optional, required };

template <class T>
struct field {
  std::string key;
  std::function<void(const yaml_node&, T&, reading&)> read;
  std::function<void(const std::string& prefix, std::vector<config_key>&)> describe;
  need how = need::optional;
};

template <class T>
struct section_fields {
  std::vector<field<T>> fields;
  // Checks that need the whole section; may be empty.
  std::function<void(const yaml_node&, T&, reading&)> finish;
};

// ---- untyped helpers (config_fields.cpp) ----

// Reports what is no section, the unknown keys (with the one that was probably meant) and the
// missing ones.
bool check_keys(const yaml_node& node, const std::vector<std::string_view>& known,
                const std::vector<std::string_view>& required, reading& in);
bool expect_list(const yaml_node& node, std::string_view key, reading& in);
void report_value(const yaml_node& node, std::string_view key, const std::string& type,
                  const failure& why, reading& in);

// The contents of a secret file without the line's end; at most `size_max` characters.
result<std::string> read_secret(const std::string& path, std::size_t size_max);

// ---- reading ----

template <class V>
std::optional<V> read_value(const yaml_node& node, std::string_view key, const notation<V>& how,
                            reading& in) {
  auto value = node.is(yaml_node::kind::scalar) ? how.parse(node.text) : invalid("");
  if (!value) return report_value(node, key, how.type, value.error(), in), std::nullopt;
  return std::move(*value);
}

template <class T>
void read_section(const yaml_node& node, T& into, const section_fields<T>& section, reading& in) {
  std::vector<std::string_view> known, required;
  for (const auto& f : section.fields) {
    known.push_back(f.key);
    if (f.how == need::required) required.push_back(f.key);
  }
  if (!check_keys(node, known, required, in)) return;
  for (const auto& f : section.fields)
    if (const auto* value = node.find(f.key)) f.read(*value, into, in);
  if (section.finish) section.finish(node, into, in);
}

template <class T>
void describe_section(const section_fields<T>& section, const std::string& prefix,
                      std::vector<config_key>& out) {
  for (const auto& f : section.fields) f.describe(prefix, out);
}

// ---- the kinds of fields; `where` is a member pointer, or a function that gives a reference ----

template <class T, class Where, class V>
field<T> value(std::string key, Where where, notation<V> how, std::string meaning,
               need n = need::optional) {
  return {key,
          [=](const yaml_node& node, T& into, reading& in) {
            if (auto got = read_value(node, key, how, in))
              std::invoke(where, into) = std::move(*got);
          },
          [=](const std::string& prefix, std::vector<config_key>& out) {
            T fresh{};
            auto fallback =
                n == need::required ? "required" : how.print(std::invoke(where, fresh));
            out.push_back({prefix + key, how.type, std::move(fallback), meaning});
          },
          n};
}

// A list of scalars.
template <class T, class Where, class V>
field<T> values(std::string key, Where where, notation<V> how, std::string meaning,
                need n = need::optional) {
  return {key,
          [=](const yaml_node& node, T& into, reading& in) {
            if (!expect_list(node, key, in)) return;
            std::invoke(where, into).clear(); // of the values that hold if the key is left out
            for (const auto& item : node.items)
              if (auto got = read_value(item, key, how, in))
                std::invoke(where, into).push_back(std::move(*got));
          },
          [=](const std::string& prefix, std::vector<config_key>& out) {
            T fresh{};
            std::string fallback;
            for (const auto& item : std::invoke(where, fresh))
              fallback += (fallback.empty() ? "" : ", ") + how.print(item);
            out.push_back({prefix + key, "list: " + how.type,
                           n == need::required ? "required" : "[" + fallback + "]", meaning});
          },
          n};
}

// A section inside a section; the member may be a std::optional of it.
template <class T, class Where, class S>
field<T> section(std::string key, Where where, const section_fields<S>& inner,
                 std::string meaning) {
  return {key,
          [where, &inner](const yaml_node& node, T& into, reading& in) {
            auto& member = std::invoke(where, into);
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, S>)
              read_section(node, member, inner, in);
            else
              read_section(node, member.emplace(), inner, in);
          },
          [key, meaning, &inner](const std::string& prefix, std::vector<config_key>& out) {
            out.push_back({prefix + key, "section", "", meaning});
            describe_section(inner, prefix + key + ".", out);
          }};
}

// A list of sections, each of type S or placed<S>. Faulty ones are kept too, so that the index
// in the file is the index in the vector.
template <class T, class Where, class S>
field<T> sections(std::string key, Where where, const section_fields<S>& inner,
                  std::string meaning, need n = need::optional) {
  return {key,
          [key, where, &inner](const yaml_node& node, T& into, reading& in) {
            if (!expect_list(node, key, in)) return;
            for (const auto& item : node.items) {
              auto& made = std::invoke(where, into).emplace_back();
              if constexpr (std::is_same_v<std::remove_cvref_t<decltype(made)>, S>) {
                read_section(item, made, inner, in);
              } else {
                made.place = to_text(item.at);
                read_section(item, made.value, inner, in);
              }
            }
          },
          [=, &inner](const std::string& prefix, std::vector<config_key>& out) {
            out.push_back({prefix + key, "list of sections",
                           n == need::required ? "required" : "", meaning});
            describe_section(inner, prefix + key + ".", out);
          },
          n};
}

// The fields of a member that has no section of its own in the file.
template <class T, class Where, class S>
void add_fields(std::vector<field<T>>& to, Where where, const section_fields<S>& inner) {
  for (const auto& f : inner.fields)
    to.push_back({f.key,
                  [where, &f](const yaml_node& node, T& into, reading& in) {
                    f.read(node, std::invoke(where, into), in);
                  },
                  f.describe, f.how});
}

} // namespace farebox::daemon
