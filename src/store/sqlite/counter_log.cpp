#include "store/sqlite/counter_log.hpp"

#include "farebox/base/byte_reader.hpp"

namespace farebox::store {

namespace {

// Every question for statistics adds up so many rows at most.
constexpr int logged_rows_max = 256;

// Moved in half a millisecond.
constexpr std::size_t counters_in_slice = 256;

// A counter row is inserted, or its values are added to those that are there.
std::string add_to_counter() {
  const std::string columns = columns_of<counted>();
  std::string tail = "ON CONFLICT DO UPDATE SET ";
  const auto first = columns.find("requests");
  for (auto from = first; from < columns.size();) {
    const auto to = std::min(columns.find(',', from), columns.size());
    const auto name = columns.substr(from, to - from);
    tail += (from == first ? "" : ", ") + name + " = " + name + " + excluded." + name;
    from = to + 2;
  }
  return tail;
}

// Numbers are written seven bits an octet, the lowest first, the highest bit saying that more
// follow; the sign is the lowest bit of all. Most counters are 0 or small: an entry is some 40
// octets instead of 180.
class packer {
 public:
  explicit packer(bytes& out) : out_(out) {}

  void add(std::int64_t value) {
    auto rest = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
    for (; rest >= 0x80; rest >>= 7) out_.push_back(static_cast<std::uint8_t>(rest | 0x80));
    out_.push_back(static_cast<std::uint8_t>(rest));
  }
  void add(const std::string& text) {
    add(std::ssize(text));
    out_.insert(out_.end(), text.begin(), text.end());
  }
  void add(const currency& unit) {
    out_.insert(out_.end(), unit.letters.begin(), unit.letters.end());
  }
  void add(millionths amount) { add(amount.value); }
  template <class Tag>
  void add(id<Tag> number) {
    add(number.value);
  }

 private:
  bytes& out_;
};

class unpacker {
 public:
  explicit unpacker(bytes_view packed) : in_(packed) {}

  void get(std::int64_t& value) {
    std::uint64_t rest = 0;
    for (int shift = 0;; shift += 7) {
      const auto octet = in_.u8();
      if (shift > 63) return fail();
      rest |= std::uint64_t{octet & 0x7Fu} << shift;
      if (octet < 0x80) break;
    }
    value = static_cast<std::int64_t>(rest >> 1 ^ (0 - (rest & 1)));
  }
  void get(std::string& text) {
    std::int64_t size = 0;
    get(size);
    if (size < 0 || size > static_cast<std::int64_t>(in_.remaining())) return fail();
    text = as_text(in_.octets(static_cast<std::size_t>(size)));
  }
  void get(currency& unit) {
    for (auto& letter : unit.letters) letter = static_cast<char>(in_.u8());
  }
  void get(millionths& amount) { get(amount.value); }
  template <class Tag>
  void get(id<Tag>& number) {
    get(number.value);
  }

  bool ok() const { return ok_ && in_.ok(); }
  bool at_end() const { return in_.at_end(); }

 private:
  void fail() { ok_ = false; }
  byte_reader in_;
  bool ok_ = true;
};

} // namespace

counter_log::counter_log(database& db)
    : db_(db), add_(db, add_to_counter()),
      append_(db, "INSERT INTO counter_log(additions) VALUES (?)"),
      drop_one_(db, "DELETE FROM counter_log WHERE id = ?"),
      drop_all_(db, "DELETE FROM counter_log") {}

void counter_log::read() {
  statement rows(db_, "SELECT additions FROM counter_log");
  bytes packed;
  for (; rows.step(); ++logged_rows_) {
    rows.columns(packed);
    if (!unpack_counters(packed, [&](const auto& key, const auto& v) { logged_[key] += v; }))
      db_.fail({failure_kind::corrupt, "counters that were logged cannot be read"});
  }
}

void counter_log::write(const counter_map& added) {
  fresh_.clear();
  if (!slices_.empty()) {
    add_.run(slices_.front().counters);
    drop_one_.bind(slices_.front().row).run();
  } else if (logged_rows_ >= logged_rows_max) {
    drop_all_.run();
    write_slices();
  }
  if (!added.empty()) append_.bind(pack_counters(added)).run();
}

// The sums take the place of the rows that they were added up from.
void counter_log::write_slices() {
  for (auto at = logged_.begin(); at != logged_.end();) {
    auto& next = fresh_.emplace_back();
    counter_map part;
    for (; at != logged_.end() && part.size() < counters_in_slice; ++at) {
      part.insert(part.end(), *at);
      next.counters.push_back({at->first, at->second});
    }
    append_.bind(pack_counters(part)).run();
    next.row = sqlite3_last_insert_rowid(db_.handle());
  }
}

void counter_log::committed(const counter_map& added) {
  if (!slices_.empty()) {
    slices_.pop_front();
  } else if (logged_rows_ >= logged_rows_max) {
    slices_ = std::move(fresh_);
    logged_.clear();
    logged_rows_ = 0;
  }
  if (!added.empty()) ++logged_rows_;
  for (const auto& [key, values] : added) logged_[key] += values;
}

bytes pack_counters(const counter_map& counters) {
  bytes out;
  out.reserve(counters.size() * 64);
  packer into(out);
  for (const auto& [key, values] : counters) {
    table<counted>::visit(key, values, [&](const auto&... members) { (into.add(members), ...); });
  }
  return out;
}

bool unpack_counters(bytes_view packed,
                     const std::function<void(const counter_key&, const counter_values&)>& each) {
  unpacker from(packed);
  counted row;
  while (from.ok() && !from.at_end()) {
    table<counted>::visit(row, [&](auto&... members) { (from.get(members), ...); });
    if (from.ok()) each(row.key, row.values);
  }
  return from.ok();
}

} // namespace farebox::store
