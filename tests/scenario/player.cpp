#include "scenario/player.hpp"

#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/session.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

namespace farebox::scenario {
namespace {

using namespace smpp;

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>; // clang 16 asks for it

// --- the steps ----------------------------------------------------------------------------------

class player {
 public:
  explicit player(subject& under_test) : it_(under_test) {}

  void play(const step& now) {
    if (now.verb == "smsc<" || now.verb == "esme<") return expect_pdu(now, bind::tested);
    if (now.verb == "smsc2<") return expect_pdu(now, bind::other);
    if (now.verb == "app<") return expect_told(now);
    if (now.verb == "expect") return expect_state(now);
    expect_silence(); // whatever was written should have been expected before life goes on
    if (now.verb == "only") return;
    if (now.verb == "given") return it_.given(now.given);
    if (now.verb == "connect") return it_.connect();
    if (now.verb == "smsc>" || now.verb == "esme>") return send(now, bind::tested);
    if (now.verb == "smsc2>") return send(now, bind::other);
    if (now.verb == "raw>") return send_raw(now);
    if (now.verb == "hold") return held_.emplace(), void();
    if (now.verb == "flush") return flush();
    if (now.verb == "at") return pass(now);
    if (now.verb == "tick") return it_.tick();
    if (now.verb == "cut") return it_.cut();
    if (now.verb == "app>") return it_.act(now.name, now.given, known_);
    throw mistake("no such step");
  }

  // In real time an answer that came early is no noise yet: only at the end it is.
  void expect_silence(bool at_end = false) {
    if (!it_.on_time()) return;
    for (const auto over : {bind::tested, bind::other})
      for (const auto& frame : it_.written(over))
        if (const auto id = id_of(decoded(frame));
            at_end || !it_.in_real_time() || !is_response(id))
          throw mistake("received, but not expected: " + name_of(id));
  }

 private:
  static pdu decoded(const bytes& frame) {
    auto message = decode(frame);
    if (!message) throw mistake("the one under test wrote an invalid PDU: " + to_hex(frame));
    return std::move(*message);
  }

  // In real time requests keep their order among themselves; a response is known by its sequence.
  bool may_be(const pdu& message, const step& expected) const {
    if (!it_.in_real_time()) return true;
    const bool response = is_response(id_of(message));
    if (response != expected.name.ends_with("_resp") && expected.name != "generic_nack")
      return false;
    if (!response) return true;
    for (const auto& [name, v] : expected.given)
      if (name == "sequence" && !(v.text.starts_with('$') && !known_.contains(v.text)))
        return message.sequence == number_of(v, known_);
    return true;
  }

  std::optional<pdu> next_pdu(const step& expected, bind over) {
    const auto began = std::chrono::steady_clock::now();
    do {
      auto& frames = it_.written(over);
      for (auto at = frames.begin(); at != frames.end(); ++at) {
        auto message = decoded(*at);
        if (!may_be(message, expected)) continue;
        frames.erase(at);
        return message;
      }
    } while (it_.wait(began));
    return std::nullopt;
  }

  void expect_pdu(const step& now, bind over) {
    if (now.name == "nothing") return expect_silence();
    const auto message = next_pdu(now, over);
    if (!message) throw mistake(now.name + " did not come");
    if (const auto what = difference(now, *message, known_); !what.empty())
      throw mistake(now.name + ": " + what);
  }

  void expect_told(const step& now) {
    const auto began = std::chrono::steady_clock::now();
    do {
      while (auto told = it_.next_told(now)) {
        if (now.name == "nothing") throw mistake("the application was told " + told->name);
        if (told->name == now.name) return compare(now, told->values);
      }
      if (now.name == "nothing") return;
    } while (it_.wait(began));
    throw mistake("the application was not told " + now.name);
  }

  void compare(const step& now, const std::map<std::string, std::string>& values) {
    for (const auto& [name, v] : now.given) {
      const auto found = values.find(name);
      const std::string is = found == values.end() ? "absent" : found->second;
      if (is == unseen) continue;
      if (v.bare && v.text.starts_with('$') && !known_.contains(v.text)) {
        known_[v.text] = is;
        continue;
      }
      const auto text = text_of(v, known_);
      if (is != text && !(v.bare && same_number(is, v)))
        throw mistake(name + " is " + is + ", expected " + text);
    }
  }

  bool same_number(const std::string& is, const value& v) const {
    try {
      return number_of({is, true}, known_) == number_of(v, known_);
    } catch (const mistake&) {
      return false;
    }
  }

  void expect_state(const step& now) {
    const auto began = std::chrono::steady_clock::now();
    for (;;) {
      try {
        return compare_state(now);
      } catch (const mistake&) {
        if (!it_.wait(began)) throw;
      }
    }
  }

  void compare_state(const step& now) {
    std::map<std::string, std::string> values;
    for (const auto& [name, v] : now.given) {
      const auto is = it_.state(name);
      if (!is) throw mistake("nobody knows " + name);
      values.emplace(name, *is);
    }
    compare(now, values);
  }

  void send(const step& now, bind over) {
    bytes out;
    if (const auto encoded = encode(make_pdu(now.name, now.given, known_), out); !encoded)
      throw mistake(encoded.error().detail);
    write(out, over);
  }

  void send_raw(const step& now) {
    bytes out;
    if (!from_hex(now.name, out)) throw mistake("not hexadecimal");
    write(out, bind::tested);
  }

  void write(const bytes& out, bind over) {
    if (held_ && over == bind::tested) held_->insert(held_->end(), out.begin(), out.end());
    else it_.receive(out, over);
  }

  void flush() {
    if (!held_) throw mistake("nothing is held");
    const auto out = std::move(*held_);
    held_.reset();
    it_.receive(out, bind::tested);
  }

  void pass(const step& now) {
    if (!now.name.starts_with('+')) throw mistake("a time is written as at +30s");
    it_.pass(duration_of(std::string_view(now.name).substr(1)));
  }

  subject& it_;
  variables known_;
  std::optional<bytes> held_;
};

// --- a session as the subject -------------------------------------------------------------------

fact told_of(const pdu& message, std::string name) {
  fact out{std::move(name), fields_of(message)};
  out.values["pdu"] = name_of(id_of(message));
  return out;
}

class played_session final : public subject {
 public:
  void given(arguments settings) override;
  void connect() override {
    it_.emplace(settings_);
    it_->on_connected(now_, events_);
    after();
  }
  void receive(const bytes& segment, bind over) override {
    if (over == bind::other) throw mistake("a session has no other bind");
    const auto size = segment_ == 0 ? std::max<std::size_t>(segment.size(), 1) : segment_;
    for (std::size_t at = 0; at < segment.size(); at += size) {
      live().on_bytes(bytes_view(segment).subspan(at, std::min(size, segment.size() - at)), now_,
                    events_);
      after();
    }
  }
  std::deque<bytes>& written(bind over) override {
    return over == bind::tested ? frames_ : none_;
  }
  void pass(microseconds span) override;
  void tick() override {
    live().on_tick(now_, events_);
    after();
  }
  void cut() override {
    live().on_closed(now_, events_);
    after();
  }
  void act(std::string_view action, arguments with, const variables& known) override;
  std::optional<fact> next_told(const step&) override {
    if (told_.empty()) return std::nullopt;
    auto out = std::move(told_.front());
    told_.pop_front();
    return out;
  }
  std::optional<std::string> state(std::string_view name) override;

 private:
  session& live() {
    if (!it_) throw mistake("not connected yet");
    return *it_;
  }
  void after();
  void tell(const session_event& event);
  void answer(const pdu& request);

  session_settings settings_;
  std::optional<session> it_;
  steady_time now_{hours(1)};
  session_events events_;
  std::deque<bytes> frames_, none_;
  std::deque<fact> told_;
  std::optional<close_reason> closed_;
  std::size_t segment_ = 0; // 0: as it comes
  bool answers_at_once_ = false;
  std::uint64_t proof_cookie_ = 0;
};

// What follows every call: the shell's work. Events in order, then the output.
void played_session::after() {
  const auto events = std::exchange(events_, {});
  for (const auto& event : events) tell(event);
  framer cut;
  const auto output = live().take_output(now_);
  cut.push(output);
  while (const auto frame = cut.next()) frames_.emplace_back(frame->begin(), frame->end());
}

void played_session::answer(const pdu& request) {
  auto response = refusal(id_of(request), request.sequence, command_status::ESME_ROK);
  if (!response) return;
  ensure(live().respond(request.sequence, std::move(response->body), command_status::ESME_ROK,
                      ++proof_cookie_, now_)
             .has_value(),
         "an answer was not taken");
}

std::string ms_text(microseconds span) {
  return std::to_string(std::chrono::duration_cast<milliseconds>(span).count());
}

void played_session::tell(const session_event& told) {
  const auto text = [](auto number) { return std::to_string(number); };
  std::visit(
      overloaded{
          [&](const event::bound& e) {
            told_.push_back({"bound",
                             {{"system_id", e.peer_system_id},
                              {"version", text(e.version)},
                              {"kind", std::string(name_of(e.kind))}}});
          },
          [&](const event::bind_requested& e) {
            told_.push_back({"bind_requested",
                             {{"system_id", e.system_id},
                              {"password", e.password},
                              {"kind", std::string(name_of(e.kind))}}});
          },
          [&](const event::bind_refused& e) {
            told_.push_back(
                {"bind_refused", {{"status", text(static_cast<std::uint32_t>(e.status))}}});
          },
          [&](const event::outbind_received& e) {
            told_.push_back({"outbind_received", {{"system_id", e.system_id}}});
          },
          [&](const event::request_received& e) {
            auto fact = told_of(e.request, "request_received");
            fact.values["waited_at_most_ms"] = ms_text(e.received_at - e.previous_read_at);
            told_.push_back(std::move(fact));
            if (answers_at_once_) answer(e.request);
          },
          [&](const event::response_received& e) {
            auto fact = told_of(e.response, "response_received");
            fact.values["cookie"] = text(e.cookie);
            told_.push_back(std::move(fact));
          },
          [&](const event::late_response& e) {
            auto fact = told_of(e.response, "late_response");
            fact.values["cookie"] = text(e.cookie);
            told_.push_back(std::move(fact));
          },
          [&](const event::request_abandoned& e) {
            told_.push_back({"request_abandoned",
                             {{"cookie", text(e.cookie)}, {"why", std::string(name_of(e.why))}}});
          },
          [&](const event::proven& e) {
            told_.push_back({"proven", {{"cookie", text(e.cookie)}}});
          },
          [&](const event::probe_answered& e) {
            told_.push_back({"probe_answered", {{"sequence", text(e.sequence)}}});
          },
          [&](const event::protocol_error& e) {
            told_.push_back({"protocol_error", {{"what", e.what}}});
          },
          [&](const event::unbinding& e) {
            told_.push_back({"unbinding", {{"by_peer", e.by_peer ? "yes" : "no"}}});
          },
          [&](const event::unbound&) { told_.push_back({"unbound", {}}); },
          [&](const event::close_now& e) {
            closed_ = e.why;
            told_.push_back({"close_now", {{"why", std::string(name_of(e.why))}}});
          },
      },
      told);
}

void played_session::pass(microseconds span) {
  const auto until = now_ + span;
  while (it_) {
    const auto due = live().next_tick();
    if (!due || *due > until) break;
    now_ = std::max(now_, *due);
    live().on_tick(now_, events_);
    after();
  }
  now_ = until;
}

bool yes(const value& v) { return v.text == "yes"; }

void played_session::given(arguments settings) {
  const variables none;
  const auto take = [&](std::string_view name, const auto& apply) {
    if (const auto v = extract(settings, name)) apply(*v);
  };
  const auto text = [&](std::string_view name, std::string& field) {
    take(name, [&](const value& v) { field = v.text; });
  };
  const auto number = [&]<class Number>(std::string_view name, Number& field) {
    take(name, [&](const value& v) { field = static_cast<Number>(number_of(v, none)); });
  };
  const auto span = [&](std::string_view name, milliseconds& field) {
    take(name, [&](const value& v) {
      field = std::chrono::duration_cast<milliseconds>(duration_of(v.text));
    });
  };
  auto& s = settings_;
  take("role", [&](const value& v) {
    s.role = v.text == "smsc" ? session_role::smsc : session_role::esme;
  });
  take("bind", [&](const value& v) {
    for (const auto kind : {bind_kind::transmitter, bind_kind::receiver, bind_kind::transceiver})
      if (name_of(kind) == v.text) s.bind = kind;
  });
  text("system_id", s.system_id);
  text("password", s.password);
  number("version", s.version);
  number("window_max", s.window_max);
  number("taken_max", s.taken_max);
  number("busy_status", s.busy_status);
  span("response_timeout", s.response_timeout);
  span("enquire_link_interval", s.enquire_link_interval);
  span("inactivity_timeout", s.inactivity_timeout);
  span("session_init_timeout", s.session_init_timeout);
  span("drain_timeout", s.drain_timeout);
  span("unbind_timeout", s.unbind_timeout);
  span("proof_delay", s.proof_delay);
  span("proof_interval", s.proof_interval);
  take("wait_for_outbind", [&](const value& v) { s.wait_for_outbind = yes(v); });
  take("answers_at_once", [&](const value& v) { answers_at_once_ = yes(v); });
  number("segment", segment_);
  if (!settings.empty()) throw mistake("no such setting: " + settings.front().first);
}

void played_session::act(std::string_view action, arguments with, const variables& known) {
  const auto take_number = [&](std::string_view name) -> std::uint64_t {
    const auto v = extract(with, name);
    return v ? number_of(*v, known) : 0;
  };
  const auto take_status = [&] {
    return static_cast<command_status>(take_number("status"));
  };
  if (action == "accept_bind") live().accept_bind(now_, events_);
  else if (action == "refuse_bind") live().refuse_bind(take_status(), now_);
  else if (action == "start_bind") ensure(live().start_bind(now_).has_value(), "no bind was due");
  else if (action == "probe") live().probe(now_);
  else if (action == "unbind") live().begin_unbind(now_, events_);
  else {
    const auto cookie = take_number("cookie");
    const auto proof = take_number("proof_cookie");
    const bool refused = extract(with, "refused").has_value();
    auto message = make_pdu(action, with, known);
    std::optional<failure> error;
    if (is_response(id_of(message))) {
      const auto done = live().respond(message.sequence, std::move(message.body), message.status,
                                     proof, now_);
      if (!done) error = done.error();
    } else {
      const auto sequence = live().request(std::move(message.body), cookie, now_);
      if (!sequence) error = sequence.error();
    }
    if (error.has_value() != refused)
      throw mistake(error ? error->detail : std::string(action) + " was not refused");
  }
  after();
}

std::optional<std::string> played_session::state(std::string_view name) {
  const auto& counters = live().counters();
  const std::map<std::string_view, std::uint64_t> numbers{
      {"window_free", live().window_free()},
      {"outstanding", live().outstanding()},
      {"abandoned", live().abandoned()},
      {"taken", live().taken()},
      {"unproven", live().unproven()},
      {"responses_duplicate", counters.responses_duplicate},
      {"responses_unknown", counters.responses_unknown},
      {"responses_late", counters.responses_late},
      {"requests_refused", counters.requests_refused},
      {"decode_failures", counters.decode_failures},
      {"unknown_commands", counters.unknown_commands},
      {"throttled", counters.throttled},
  };
  if (const auto found = numbers.find(name); found != numbers.end())
    return std::to_string(found->second);
  if (name == "state") return std::string(name_of(live().state()));
  if (name == "closed") return closed_ ? std::string(name_of(*closed_)) : "no";
  return std::nullopt;
}

} // namespace

std::unique_ptr<subject> session_subject() { return std::make_unique<played_session>(); }

void play(const std::vector<step>& script, subject& under_test) {
  player it(under_test);
  int line = 0;
  try {
    for (const auto& now : script) {
      line = now.line;
      it.play(now);
    }
    it.expect_silence(true);
  } catch (const mistake& what) {
    throw mistake("line " + std::to_string(line) + ": " + what.what());
  }
}

std::vector<scenario_file> scenarios_for(std::string_view subject) {
  std::vector<scenario_file> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(FAREBOX_SOURCE_DIR "/tests/scenario")) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    scenario_file file{entry.path().filename().string(), {std::istreambuf_iterator(in), {}}, {}};
    try {
      file.script = parse_script(file.text);
    } catch (const mistake& what) {
      throw mistake(file.name + ": " + what.what());
    }
    if (plays_against(file.script, subject)) out.push_back(std::move(file));
  }
  std::ranges::sort(out, {}, &scenario_file::name);
  return out;
}

} // namespace farebox::scenario
