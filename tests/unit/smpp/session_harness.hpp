// A session, a clock of its own, and the wire in front of it: what a test of it needs to be short.
#pragma once

#include "farebox/smpp/codec.hpp"
#include "farebox/smpp/session.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace farebox::smpp::test {

inline bytes wire(const pdu& message) {
  bytes out;
  REQUIRE(encode(message, out).has_value());
  return out;
}

inline bytes wire(std::uint32_t sequence, pdu_body body,
                  command_status status = command_status::ESME_ROK) {
  return wire(pdu{status, sequence, std::move(body)});
}

inline bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline std::vector<pdu> parse_all(const bytes& stream) {
  std::vector<pdu> out;
  framer cut;
  cut.push(stream);
  while (const auto frame = cut.next()) out.push_back(decode(*frame).value());
  REQUIRE(cut.error() == framing_error::none);
  REQUIRE(cut.buffered() == 0);
  return out;
}

inline submit_sm mt(std::string text = "hi") {
  submit_sm message;
  message.source_addr = "4242";
  message.destination_addr = "79121234567";
  message.short_message.assign(text.begin(), text.end());
  return message;
}

inline deliver_sm mo(std::string text = "hi") {
  deliver_sm message;
  message.source_addr = "79121234567";
  message.destination_addr = "4242";
  message.short_message.assign(text.begin(), text.end());
  return message;
}

struct harness {
  explicit harness(session_settings settings = {}) : it(std::move(settings)) {}

  // Connects and binds as the settings say; leaves no output and no events behind.
  static harness bound(session_settings settings = {}) {
    harness h(std::move(settings));
    h.connect();
    if (h.it.settings().role == session_role::smsc) {
      h.feed(wire(1, bind_transceiver{.system_id = "peer", .password = "", .system_type = "",
                                      .address_range = "", .tlvs = {}}));
      h.it.accept_bind(h.now, h.events);
    } else {
      switch (h.it.settings().bind) {
      case bind_kind::transmitter: h.feed(wire(1, bind_transmitter_resp{"smsc", {}})); break;
      case bind_kind::receiver: h.feed(wire(1, bind_receiver_resp{"smsc", {}})); break;
      case bind_kind::transceiver: h.feed(wire(1, bind_transceiver_resp{"smsc", {}})); break;
      }
    }
    REQUIRE(h.it.bound());
    h.sent();
    h.events.clear();
    return h;
  }

  void connect() { it.on_connected(now, events); }
  void feed(const bytes& data) { it.on_bytes(data, now, events); }
  std::vector<pdu> sent() { return parse_all(it.take_output(now)); }
  std::uint32_t ask(std::uint64_t cookie, pdu_body body = mt()) {
    return it.request(std::move(body), cookie, now).value();
  }
  bool answer(std::uint32_t sequence, std::uint64_t proof_cookie = 0,
              command_status status = command_status::ESME_ROK) {
    return it.respond(sequence, deliver_sm_resp{}, status, proof_cookie, now).has_value();
  }

  // Lets time pass, ticking whenever the session asks for it; the output is kept, in order, with
  // the time of each PDU.
  void pass(microseconds span) {
    const auto until = now + span;
    for (int ticks = 0;; ++ticks) {
      REQUIRE(ticks < 100'000); // a session that is due for ever
      const auto due = it.next_tick();
      if (!due || *due > until) break;
      now = std::max(now, *due);
      it.on_tick(now, events);
      collect();
    }
    now = until;
  }
  void collect() {
    for (auto& message : sent()) passed.emplace_back(now, std::move(message));
  }

  // The events of one kind, taken away.
  template <class Event>
  std::vector<Event> take() {
    std::vector<Event> out;
    for (auto& candidate : events)
      if (auto* found = std::get_if<Event>(&candidate)) out.push_back(std::move(*found));
    std::erase_if(events, [](const auto& e) { return std::holds_alternative<Event>(e); });
    return out;
  }
  std::optional<close_reason> closed() const {
    for (const auto& candidate : events)
      if (const auto* found = std::get_if<event::close_now>(&candidate)) return found->why;
    return std::nullopt;
  }

  session it;
  steady_time now{seconds(1'000)};
  session_events events;
  std::vector<std::pair<steady_time, pdu>> passed;
};

inline std::string ids(const std::vector<pdu>& messages) {
  std::string out;
  for (const auto& message : messages) out += (out.empty() ? "" : " ") + name_of(id_of(message));
  return out;
}

} // namespace farebox::smpp::test
