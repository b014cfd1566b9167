// Fills a store as a daemon with this configuration would have: partners with their services, then
// messages of thirty days, each billed, answered and accepted by the SMSC. By the real flow, engine
// and SQLite store, in full batches; no sockets.
//   farebox-bench-fill CONFIG PARTNERS SERVICES MESSAGES FOLDER [KEY=VALUE...]
// SERVICES is how many each partner has. Few of them sell most, as everywhere: the n-th best gets a
// share of 1/n of the best. In FOLDER: `texts`, messages in these proportions, one a line;
// `texts-alike`, one for each service; `token`, of the first partner. A store that has partners
// already gets messages only.
// One line of JSON at the end.

#include "farebox/base/digest.hpp"
#include "farebox/base/limits.hpp"
#include "farebox/daemon/assembly.hpp"
#include "farebox/engine/engine.hpp"
#include "farebox/http/tokens.hpp"
#include "farebox/store/sqlite.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace farebox::bench {

namespace {

constexpr std::size_t batch_messages = limits::batch_events_max; // and the answers to the last
constexpr int partners_at_once = 50;
constexpr hours filled_time{30 * 24};

template <class T>
T taken(result<T> from) {
  if (!from) throw std::runtime_error(from.error().detail);
  return std::move(*from);
}

// The number of a service out of so many, by popularity: of the i-th of an endless row of messages.
std::size_t drawn(std::int64_t i, std::size_t services) {
  auto mixed = static_cast<std::uint64_t>(i + 1) * 0x9E3779B97F4A7C15u; // SplitMix64, Steele 2014
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
  const double share = static_cast<double>((mixed ^ mixed >> 31) >> 11) / 9007199254740992.0;
  return static_cast<std::size_t>(std::pow(static_cast<double>(services), share)) - 1;
}

std::string text_for(const service& sold) {
  return fmt::format("RR {} {} blue", sold.partner.value, sold.number);
}

struct always final : engine::outlet {
  bool reserve(operator_id, int) override { return true; }
  void release(operator_id, int) override {}
};

class filler {
 public:
  filler(daemon::config settings)
      : settings_(std::move(settings)),
        rows_(taken(store::open_sqlite({.path = settings_.store.path}))),
        engine_(*rows_, taken(rows_->load_sequences()), hash256(as_bytes("farebox-bench-fill"))) {
    if (const auto named = daemon::name_ids(settings_, *rows_); !named)
      throw std::runtime_error(named.error().detail);
    assemble();
    change(taken(daemon::imported_prices(settings_)));
    assemble();
  }

  void open_shop(int partners, int services, const std::filesystem::path& folder) {
    if (!sold_->partners().empty()) return;
    const std::string token = http::token_text(hash256(as_bytes("farebox-bench-fill")));
    std::ofstream(folder / "token") << token << '\n';
    for (int first = 0; first < partners; first += partners_at_once) {
      catalogue_change added;
      for (int i = first; i < std::min(partners, first + partners_at_once); ++i) {
        const auto id = make_partner_id(10'000 + i);
        added.partners.push_back({id, fmt::format("Partner {}", i), partner_state::active, {}});
        for (int number = 1; number <= services; ++number) {
          service sold;
          sold.partner = id;
          sold.number = number;
          sold.kind = "lock";
          sold.title = "Archive";
          sold.site = fmt::format("site{}.example", number % 3);
          sold.settings = {{"text", "Code {code}, {price} {currency}"}, {"uses", "1"}};
          added.services.push_back(std::move(sold));
        }
      }
      if (first == 0) {
        const auto digest = http::token_digest(token);
        added.tokens.push_back({{}, added.partners[0].id, digest, store::system_time(), {}, false});
      }
      change(std::move(added));
    }
    assemble();
    write_texts(folder);
  }

  // Returns how many seconds it took.
  double add_messages(std::int64_t count) {
    const auto began = std::chrono::steady_clock::now();
    now_ = store::system_time() - filled_time;
    const auto step = std::chrono::duration_cast<microseconds>(filled_time) /
                      std::max<std::int64_t>(count, 1);
    run({started{}});
    connection_ = {engine_.numbers().last_connection.value + 1};
    const auto& op = settings_.operators.at(0).info;
    run({connection_opened{{connection_, op.id, "fill", now_, {}, {}}}});
    std::vector<event> events;
    const auto services = sold_->services();
    for (std::int64_t made = 0; made < count;) {
      for (std::size_t i = 0; i < batch_messages && made < count; ++i, ++made) {
        now_ += step;
        events.emplace_back(message(services[drawn(made, services.size())], made));
      }
      events.emplace_back(connection_proven{connection_, engine_.numbers().last_message});
      events = answers(run(std::move(events)));
    }
    run(std::move(events));
    run({connection_proven{connection_, engine_.numbers().last_message},
         connection_closed{connection_}});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }

 private:
  void write_texts(const std::filesystem::path& folder) const {
    const auto services = sold_->services();
    std::ofstream popular(folder / "texts"), alike(folder / "texts-alike");
    for (std::size_t i = 0; i < services.size(); ++i) {
      const auto scattered = i * 7'919 % services.size(); // neighbours are of other partners
      alike << text_for(services[scattered]) << '\n';
      for (std::int64_t k = 0; k < 4; ++k)
        popular << text_for(services[drawn(std::ssize(services) * k + static_cast<std::int64_t>(i),
                                           services.size())])
                << '\n';
    }
  }

  void assemble() {
    std::vector<std::string> left_out;
    sold_ = taken(daemon::assemble(settings_, *rows_, ++generation_, left_out));
    if (!left_out.empty()) throw std::runtime_error(left_out.front());
  }

  void change(catalogue_change what) {
    for (const auto& e : run({std::move(what)}))
      if (const auto* done = std::get_if<catalogue_changed>(&e); done && done->refused)
        throw std::runtime_error(done->refused->detail);
  }

  std::vector<effect> run(std::vector<event> events) {
    auto done = engine_.run(events, *sold_, now_, permits_);
    if (!done.store_able) throw std::runtime_error("the store cannot be written");
    return std::move(done.effects);
  }

  mo_arrived message(const service& sold, std::int64_t number) const {
    mo_arrived mo;
    mo.answer_to = {connection_, static_cast<std::uint32_t>(number)};
    mo.op = settings_.operators[0].info.id;
    mo.received_at = mo.previous_read_at = now_;
    mo.source = fmt::format("7913{:07}", number * 7'654'321 % 10'000'000);
    mo.destination = settings_.short_codes[0].value.number;
    mo.text = text_for(sold);
    mo.raw.assign(mo.text.begin(), mo.text.end());
    mo.key = content_key(mo.op, mo.source, mo.destination, 0, mo.raw, {});
    return mo;
  }

  std::vector<event> answers(const std::vector<effect>& effects) {
    std::vector<event> all;
    for (const auto& e : effects)
      if (const auto* sent = std::get_if<send_reply>(&e))
        all.emplace_back(submit_answered{sent->reply.id, sent->reply.attempts, 1, 0,
                                         fmt::to_string(++smsc_id_), now_});
    return all;
  }

  daemon::config settings_;
  std::unique_ptr<store::writer> rows_;
  engine::engine engine_;
  catalogue_ptr sold_;
  std::uint64_t generation_ = 0;
  always permits_;
  utc_time now_ = store::system_time() - filled_time;
  connection_id connection_;
  std::uint64_t smsc_id_ = 1'000'000'000'000;
};

void fill(std::vector<std::string> words) {
  if (words.size() < 6)
    throw std::runtime_error("usage: CONFIG PARTNERS SERVICES MESSAGES FOLDER [KEY=VALUE...]");
  daemon::load_options options;
  options.overrides.assign(words.begin() + 6, words.end());
  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY"))
    options.credentials_directory = credentials;
  filler into(taken(daemon::load_config(words[1], options)));
  into.open_shop(std::stoi(words[2]), std::stoi(words[3]), words[5]);
  const auto count = std::stoll(words[4]);
  const auto took = into.add_messages(count);
  fmt::print("{{\"messages\": {}, \"seconds\": {:.3f}, \"messages_per_second\": {:.0f}}}\n", count,
             took, static_cast<double>(count) / took);
}

} // namespace

} // namespace farebox::bench

int main(int count, char** words) {
  try {
    farebox::start_crypto();
    farebox::bench::fill({words, words + count});
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", words[0], error.what());
    return EXIT_FAILURE;
  }
}
