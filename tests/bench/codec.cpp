// How many PDUs one core decodes and encodes in a second: those of a round trip, as they go over
// the wire, and a deliver_sm with what a charging operator appends.

#include "farebox/smpp/codec.hpp"

#include <benchmark/benchmark.h>

namespace farebox::smpp {

namespace {

const std::string text = "RR 104723 3 blue";

template <class Message>
Message message_with_text() {
  Message made;
  made.source_addr_ton = 1;
  made.source_addr_npi = 1;
  made.source_addr = "79121234567";
  made.destination_addr = "1234";
  made.short_message.assign(text.begin(), text.end());
  return made;
}

pdu deliver_plain() { return {{}, 7, message_with_text<deliver_sm>()}; }

pdu deliver_with_tlvs() {
  auto made = message_with_text<deliver_sm>();
  made.tlvs = {make_u16(tag::user_message_reference, 4711), make_text(0x1400, "4f21a-99120-1"),
               make_u8(tag::source_subaddress, 1)};
  return {{}, 7, std::move(made)};
}

pdu submit() {
  auto made = message_with_text<submit_sm>();
  made.registered_delivery = 1;
  made.tlvs = {make_u16(tag::user_message_reference, 4711)};
  return {{}, 7, std::move(made)};
}

pdu submit_response() { return {{}, 7, submit_sm_resp{"1763922244123456", {}}}; }
pdu deliver_response() { return {{}, 7, deliver_sm_resp{}}; }

void decoding(benchmark::State& state, pdu (*make)()) {
  bytes frame;
  if (!encode(make(), frame)) return state.SkipWithError("cannot be encoded");
  for (auto _ : state) benchmark::DoNotOptimize(decode(frame));
  state.SetItemsProcessed(state.iterations());
}

void encoding(benchmark::State& state, pdu (*make)()) {
  const auto message = make();
  bytes out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(encode(message, out));
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(decoding, deliver_sm, deliver_plain);
BENCHMARK_CAPTURE(decoding, deliver_sm_with_tlvs, deliver_with_tlvs);
BENCHMARK_CAPTURE(decoding, submit_sm, submit);
BENCHMARK_CAPTURE(decoding, submit_sm_resp, submit_response);
BENCHMARK_CAPTURE(encoding, deliver_sm, deliver_plain);
BENCHMARK_CAPTURE(encoding, deliver_sm_with_tlvs, deliver_with_tlvs);
BENCHMARK_CAPTURE(encoding, submit_sm, submit);
BENCHMARK_CAPTURE(encoding, deliver_sm_resp, deliver_response);

} // namespace

} // namespace farebox::smpp

BENCHMARK_MAIN();
