#include "farebox/store/sqlite.hpp"
#include "store/sqlite/chain.hpp"
#include "store/sqlite/counter_log.hpp"
#include "store/sqlite/tables.hpp"
#include "store/statistics.hpp"

#include <chrono>

namespace farebox::store {

namespace {

// A page of messages or a month of counters; every HTTP thread has one.
constexpr int page_cache_kib = 4 * 1024;

// So many steps of SQLite's machine take some 20 microseconds.
constexpr int steps_between_looks = 1'000;

static_assert(message_block_bits == 12, "the statements below and the schema say 12");

class sqlite_reader final : public reader {
 public:
  sqlite_reader(std::unique_ptr<database> db, milliseconds deadline);

  result<std::vector<statistics_row>> statistics(const statistics_query& query) override;
  result<std::vector<message_view>> messages(const message_query& query) override;
  result<message_view> message(message_id id) override;
  result<std::optional<bill_id>> scrub_slice(bill_id from, int bills_max) override;

 private:
  using clock = std::chrono::steady_clock;

  // One question sees one state of the store, and has one deadline.
  class snapshot {
   public:
    explicit snapshot(sqlite_reader& reader);
    ~snapshot();

   private:
    sqlite_reader& reader_;
  };

  bool is_late();
  std::string kind_of(service_id service);
  void add_logged(const statistics_query& query, statistics_sum& sum);
  void find_messages(const message_query& query, std::vector<message_view>& out);
  // Appends what the statement finds; false if the page is full.
  bool take_page(statement& from, const message_query& query, std::vector<message_view>& out);
  void complete(message_view& view);

  std::unique_ptr<database> db_owner_;
  database& db_;
  milliseconds deadline_;
  clock::time_point ends_at_;
  statement begin_, end_;
  statement hours_, counter_log_, counters_of_hour_, counters_of_partner_, kind_;
  statement blocks_, by_id_, by_partner_, by_source_, message_, bill_, charge_, reply_,
      decisions_;
  chain_checker chain_;
};

sqlite_reader::sqlite_reader(std::unique_ptr<database> db, milliseconds deadline)
    : db_owner_(std::move(db)), db_(*db_owner_), deadline_(deadline), begin_(db_, "BEGIN"),
      end_(db_, "COMMIT"),
      hours_(db_, "SELECT min(hour) FROM counter WHERE hour >= ?"),
      counter_log_(db_, "SELECT additions FROM counter_log"),
      counters_of_hour_(db_, select_sql<counted>("WHERE hour = ?")),
      counters_of_partner_(db_, select_sql<counted>("WHERE hour = ? AND partner = ?")),
      kind_(db_, "SELECT kind FROM service WHERE id = ?"),
      blocks_(db_, "SELECT block, newest_at FROM message_block WHERE block <= ? "
                   "ORDER BY block DESC"),
      by_id_(db_, select_sql<message_row>("WHERE id >= (?1 << 12) AND "
                                          "id < min(?2, (?1 + 1) << 12) ORDER BY id DESC")),
      by_partner_(db_, select_sql<message_row>("WHERE id >> 12 = ? AND id < ? AND partner = ? "
                                               "ORDER BY id DESC")),
      by_source_(db_, select_sql<message_row>("WHERE id >> 12 = ? AND id < ? AND source = ? "
                                              "ORDER BY id DESC")),
      message_(db_, select_sql<message_row>("WHERE id = ?")),
      // Not a reversal: what the message was sold for.
      bill_(db_, select_sql<bill_row>("WHERE message = ? AND kind <> 1 ORDER BY id LIMIT 1")),
      charge_(db_, select_sql<charge_row>("WHERE id = ?")),
      reply_(db_, select_sql<reply_row>("WHERE id = ?")),
      decisions_(db_, select_sql<fact_row>("WHERE service = 0 AND space IN (1, 2) AND key = ?")),
      chain_(db_) {
  sqlite3_progress_handler(
      db_.handle(), steps_between_looks,
      [](void* self) -> int { return clock::now() > static_cast<sqlite_reader*>(self)->ends_at_; },
      this);
}

sqlite_reader::snapshot::snapshot(sqlite_reader& reader) : reader_(reader) {
  reader_.db_.recover();
  reader_.ends_at_ = clock::now() + reader_.deadline_;
  reader_.begin_.run();
}

sqlite_reader::snapshot::~snapshot() {
  if (reader_.db_.ok()) reader_.end_.run();
  if (!reader_.db_.in_transaction()) return;
  reader_.ends_at_ = clock::time_point::max();
  sqlite3_exec(reader_.db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool sqlite_reader::is_late() {
  if (db_.ok() && clock::now() > ends_at_)
    db_.fail(unavailable("the question took longer than " + std::to_string(deadline_.count()) +
                         " ms; ask for less"));
  return !db_.ok();
}

std::string sqlite_reader::kind_of(service_id service) {
  std::string kind;
  kind_.bind(service);
  while (kind_.step()) kind_.columns(kind);
  return kind;
}

result<std::vector<statistics_row>> sqlite_reader::statistics(const statistics_query& query) {
  const snapshot now(*this);
  std::map<service_id, std::string> kinds;
  statistics_sum sum(query, [&](service_id service) {
    auto [known, is_new] = kinds.try_emplace(service);
    if (is_new) known->second = kind_of(service);
    return known->second;
  });
  counted row;
  auto& counters = query.partner ? counters_of_partner_ : counters_of_hour_;
  // From one hour that has counters to the next, and in each straight to the partner.
  for (auto from = query.hour_from; from < query.hour_to && !is_late(); ++from) {
    std::optional<std::int64_t> hour;
    hours_.bind(from);
    while (hours_.step()) hours_.columns(hour);
    if (!hour || *hour >= query.hour_to) break;
    from = *hour;
    if (query.partner) counters.bind(*hour, *query.partner);
    else counters.bind(*hour);
    while (counters.step()) {
      read(counters, row);
      sum.add(row.key, row.values);
    }
  }
  add_logged(query, sum);
  if (!db_.ok()) return db_.error();
  return std::move(sum).rows();
}

void sqlite_reader::add_logged(const statistics_query& query, statistics_sum& sum) {
  bytes packed;
  const auto take = [&](const counter_key& key, const counter_values& values) {
    if (key.hour < query.hour_from || key.hour >= query.hour_to) return;
    if (!query.partner || key.partner == *query.partner) sum.add(key, values);
  };
  for (counter_log_.bind(); counter_log_.step();) {
    counter_log_.columns(packed);
    if (!unpack_counters(packed, take))
      db_.fail({failure_kind::corrupt, "counters that were logged cannot be read"});
  }
}

result<std::vector<message_view>> sqlite_reader::messages(const message_query& query) {
  const snapshot now(*this);
  std::vector<message_view> out;
  find_messages(query, out);
  for (auto& view : out) complete(view);
  if (!db_.ok()) return db_.error();
  return out;
}

void sqlite_reader::find_messages(const message_query& query, std::vector<message_view>& out) {
  const message_id before = query.before ? query.before : message_id{INT64_MAX};
  blocks_.bind(block_of(before));
  while (blocks_.step()) {
    std::int64_t block = 0;
    utc_time newest_before;
    blocks_.columns(block, newest_before);
    auto& found = query.phone ? by_source_ : query.partner ? by_partner_ : by_id_;
    if (query.phone) found.bind(block, before, compact(*query.phone));
    else if (query.partner) found.bind(block, before, *query.partner);
    else found.bind(block, before);
    const bool wants_more = take_page(found, query, out);
    // Nothing of the older blocks was received after newest_before.
    if (!wants_more || newest_before < query.from || is_late()) break;
  }
  blocks_.reset();
}

bool sqlite_reader::take_page(statement& from, const message_query& query,
                              std::vector<message_view>& out) {
  const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, message_page_max));
  message_view view;
  while (from.step()) {
    read(from, view.message);
    if (query.partner && view.message.partner != *query.partner) continue;
    if (view.message.received_at < query.from) continue;
    out.push_back(view);
    if (out.size() < limit) continue;
    from.reset();
    return false;
  }
  return true;
}

result<message_view> sqlite_reader::message(message_id id) {
  const snapshot now(*this);
  message_view view;
  message_.bind(id);
  bool found = false;
  for (; message_.step(); found = true) read(message_, view.message);
  if (found) {
    complete(view);
    read_all(decisions_, view.decisions, std::to_string(id.value));
  }
  if (!db_.ok()) return db_.error();
  if (!found) return not_found("there is no message " + std::to_string(id.value));
  return view;
}

void sqlite_reader::complete(message_view& view) {
  const auto fetch = [&](statement& from, auto& row) {
    from.bind(view.message.id);
    while (from.step()) read(from, row.emplace());
  };
  fetch(bill_, view.bill);
  fetch(charge_, view.charge);
  fetch(reply_, view.reply);
}

result<std::optional<bill_id>> sqlite_reader::scrub_slice(bill_id from, int bills_max) {
  const snapshot now(*this);
  const auto reached = chain_.follow(chain_.head_at(from), bills_max);
  if (!reached) return reached.error();
  const auto newest = chain_.head_at({INT64_MAX}).bill;
  if (!db_.ok()) return db_.error();
  if (reached->bill == newest) return std::nullopt;
  return std::optional(reached->bill);
}

} // namespace

result<std::unique_ptr<reader>> open_reader(const sqlite_settings& settings) {
  auto db = std::make_unique<database>();
  const auto opened = db->open(settings.path, SQLITE_OPEN_READONLY, settings.files->vfs());
  if (!opened) return opened.error();
  sqlite3_db_config(db->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  db->execute("PRAGMA query_only = ON");
  db->execute("PRAGMA mmap_size = 0");
  db->execute(("PRAGMA cache_size = -" + std::to_string(page_cache_kib)).c_str());
  auto& handle = *db;
  auto out = std::make_unique<sqlite_reader>(std::move(db), settings.reader_deadline);
  if (!handle.ok()) return handle.error();
  return out;
}

} // namespace farebox::store
