#include "bench/recording.hpp"

#include "store/sqlite/tables.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

namespace farebox::bench {

namespace {

using store::table;

template <class Row>
concept has_table = requires { table<Row>::name; };

// Both archives take the same values in the same order. Numbers are as they are in memory.
class out_archive {
 public:
  bytes octets;

  template <class T>
    requires std::is_trivially_copyable_v<T>
  void add(const T& value) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
    octets.insert(octets.end(), first, first + sizeof value);
  }
  void add(bytes_view data) {
    add(data.size());
    octets.insert(octets.end(), data.begin(), data.end());
  }
  void add(std::string_view text) { add(as_bytes(text)); }
  void add(const std::string& text) { add(as_bytes(text)); }
  void add(const bytes& data) { add(bytes_view(data)); }
  void add(store::compact_text text) { add(text.text); }
  void add(const std::optional<std::string_view>& text) { add(text.value_or("")); }
  void add(const std::optional<bytes_view>& data) { add(data.value_or(bytes_view{})); }
  template <class Bytes, class Text>
  void add(const store::octets_beside_text<Bytes, Text>& data) {
    add(bytes_view(data.raw));
  }
};

class in_archive {
 public:
  explicit in_archive(bytes_view octets) : left_(octets) {}

  template <class T>
    requires std::is_trivially_copyable_v<T>
  void add(T& value) {
    const auto data = take(sizeof value);
    std::memcpy(&value, data.data(), data.size());
  }
  void add(std::string& text) { text = as_text(sized()); }
  void add(bytes& data) {
    const auto view = sized();
    data.assign(view.begin(), view.end());
  }
  template <class Text>
  void add(store::octets_beside_text<bytes, Text>& data) {
    add(data.raw);
  }

 private:
  bytes_view sized() {
    std::size_t size = 0;
    add(size);
    return take(size);
  }
  bytes_view take(std::size_t size) {
    ensure(size <= left_.size(), "a record holds what was written");
    const auto data = left_.first(size);
    left_ = left_.subspan(size);
    return data;
  }
  bytes_view left_;
};

// ---- the values, for either archive; `auto&` is const for writing ----

void visit(auto& archive, auto& value);

template <class Archive, class... Values>
void visit_all(Archive& archive, Values&... values) {
  (visit(archive, values), ...);
}

template <class Archive, class List>
void visit_list(Archive& archive, List& list) {
  auto size = list.size();
  archive.add(size);
  if constexpr (!std::is_const_v<List>) list.resize(size);
  for (auto& item : list) visit(archive, item);
}

void visit_counters(out_archive& archive, const std::map<counter_key, counter_values>& counters) {
  archive.add(counters.size());
  for (const auto& [key, values] : counters) {
    counted row{key, values};
    visit(archive, row);
  }
}
void visit_counters(in_archive& archive, std::map<counter_key, counter_values>& counters) {
  std::size_t size = 0;
  archive.add(size);
  for (; size > 0; --size) {
    counted row;
    visit(archive, row);
    counters.emplace(std::move(row.key), row.values);
  }
}

void visit(auto& archive, auto& value) {
  using type = std::remove_cvref_t<decltype(value)>;
  if constexpr (has_table<type>) {
    table<type>::visit(value, [&](auto&&... members) { (archive.add(members), ...); });
    if constexpr (requires { table<type>::complete(value); })
      if constexpr (!std::is_const_v<std::remove_reference_t<decltype(value)>>)
        table<type>::complete(value);
  } else if constexpr (std::is_same_v<type, part_set_key>) {
    visit_all(archive, value.op, value.source, value.destination, value.reference, value.total);
  } else if constexpr (std::is_same_v<type, smsc_key>) {
    visit_all(archive, value.op, value.smsc_id);
  } else if constexpr (std::is_same_v<type, unknown_key>) {
    visit_all(archive, value.op, value.phone, value.short_code);
  } else if constexpr (std::is_same_v<type, fact_key>) {
    visit_all(archive, value.service, value.space, value.key);
  } else if constexpr (std::is_same_v<type, std::pair<operator_id, std::string>>) {
    visit_all(archive, value.first, value.second);
  } else {
    archive.add(value);
  }
}

// All members by name: one more, and this does not compile.
void visit_request(auto& archive, auto& what) {
  using type = std::remove_cvref_t<decltype(what)>;
  const auto lists = [&](auto&... each) { (visit_list(archive, each), ...); };
  if constexpr (std::is_same_v<type, wanted>) {
    auto& [at_start, doubts, open_sets, sets, facts, messages, replies, charges, attempts, orphans,
           unknown, unknown_orphans, operator_message_ids] = what;
    archive.add(at_start);
    lists(doubts, open_sets, sets, facts, messages, replies, charges, attempts, orphans, unknown,
          unknown_orphans, operator_message_ids);
  } else {
    auto& [connections, messages, parts, part_sets, bills, charges, new_replies, changed_replies,
           attempts, new_orphans, matched_orphans, new_doubts, used_doubts, facts, erased_facts,
           counters, partners, services, tariffs, terms_versions, tokens, head] = what;
    // The settings of services and the TLVs of tariffs stay behind: no other row depends on them.
    lists(connections, messages, parts, part_sets, bills, charges, new_replies, changed_replies,
          attempts, new_orphans, matched_orphans, new_doubts, used_doubts, facts, erased_facts,
          partners, services, tariffs, terms_versions, tokens);
    visit_counters(archive, counters);
    bool has_head = head.has_value();
    archive.add(has_head);
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(what)>>)
      if (has_head) head.emplace();
    if (has_head) visit(archive, *head);
  }
}

struct record_header {
  std::uint64_t size = 0;
  bool is_commit = false;
};

class recorder final : public store::writer {
 public:
  recorder(std::unique_ptr<store::writer> rows, const std::filesystem::path& to)
      : rows_(std::move(rows)), file_(to, std::ios::binary) {
    if (!file_) throw std::runtime_error("cannot write " + to.string());
  }

  result<loaded> load(const wanted& what) override {
    auto rows = rows_->load(what);
    if (rows) note(what, false);
    return rows;
  }
  result<void> commit(const changes& what) override {
    auto done = rows_->commit(what);
    if (done) note(what, true);
    return done;
  }
  void rollback() noexcept override { rows_->rollback(); }
  result<sequences> load_sequences() override { return rows_->load_sequences(); }
  result<catalogue_parts> load_catalogue() override { return rows_->load_catalogue(); }
  result<std::vector<token_row>> load_tokens() override { return rows_->load_tokens(); }
  result<operator_id> operator_named(std::string_view name) override {
    return rows_->operator_named(name);
  }
  result<short_code_id> short_code_named(std::string_view number) override {
    return rows_->short_code_named(number);
  }
  void idle() override { rows_->idle(); }

 private:
  void note(const auto& what, bool is_commit) {
    archive_.octets.clear();
    visit_request(archive_, what);
    const record_header header{archive_.octets.size(), is_commit};
    file_.write(reinterpret_cast<const char*>(&header), sizeof header);
    file_.write(reinterpret_cast<const char*>(archive_.octets.data()),
                static_cast<std::streamsize>(archive_.octets.size()));
    if (!file_) throw std::runtime_error("the recording cannot be written");
  }

  std::unique_ptr<store::writer> rows_;
  std::ofstream file_;
  out_archive archive_;
};

} // namespace

std::unique_ptr<store::writer> record(std::unique_ptr<store::writer> rows,
                                      const std::filesystem::path& to) {
  return std::make_unique<recorder>(std::move(rows), to);
}

recording::recording(const std::filesystem::path& from) : file_(from, std::ios::binary) {
  if (!file_) throw std::runtime_error("cannot read " + from.string());
}

std::optional<request> recording::next() {
  record_header header;
  if (!file_.read(reinterpret_cast<char*>(&header), sizeof header)) return {};
  bytes octets(header.size);
  if (!file_.read(reinterpret_cast<char*>(octets.data()),
                  static_cast<std::streamsize>(octets.size())))
    return {};
  in_archive archive(octets);
  if (header.is_commit) {
    changes what;
    visit_request(archive, what);
    return what;
  }
  wanted what;
  visit_request(archive, what);
  return what;
}

} // namespace farebox::bench
