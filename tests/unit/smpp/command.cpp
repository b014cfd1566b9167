// Goal: commands and statuses have the specification's names and numbers. Method: tables.
#include "farebox/smpp/command.hpp"

#include <doctest/doctest.h>

namespace farebox::smpp {
namespace {

TEST_CASE("command names and responses") {
  struct row {
    std::uint32_t number;
    std::string_view name;
    bool response;
  };
  const row rows[] = {
      {0x00000001, "bind_receiver", false},
      {0x00000002, "bind_transmitter", false},
      {0x00000003, "query_sm", false},
      {0x00000004, "submit_sm", false},
      {0x00000005, "deliver_sm", false},
      {0x00000006, "unbind", false},
      {0x00000007, "replace_sm", false},
      {0x00000008, "cancel_sm", false},
      {0x00000009, "bind_transceiver", false},
      {0x0000000B, "outbind", false},
      {0x00000015, "enquire_link", false},
      {0x00000021, "submit_multi", false},
      {0x00000102, "alert_notification", false},
      {0x00000103, "data_sm", false},
      {0x00000111, "broadcast_sm", false},
      {0x80000000, "generic_nack", true},
      {0x80000009, "bind_transceiver_resp", true},
      {0x80000103, "data_sm_resp", true},
      {0x00010200, "0x00010200", false},
      {0x80010200, "0x80010200", true},
  };
  for (const auto& [number, name, response] : rows) {
    CHECK(name_of(command_id{number}) == name);
    CHECK(is_response(command_id{number}) == response);
    if (response || name.starts_with("0x") || number == 0xB || number == 0x102) continue;
    CHECK(name_of(response_of(command_id{number})) == std::string(name) + "_resp");
    CHECK(request_of(response_of(command_id{number})) == command_id{number});
  }
}

TEST_CASE("status names, both ways") {
  struct row {
    std::string_view text;
    std::optional<std::uint32_t> number;
    std::string_view name;
  };
  const row rows[] = {
      {"ESME_ROK", 0x00, "ESME_ROK"},
      {"ESME_RMSGQFUL", 0x14, "ESME_RMSGQFUL"},
      {"ESME_RTHROTTLED", 0x58, "ESME_RTHROTTLED"},
      {"ESME_RUNKNOWNERR", 0xFF, "ESME_RUNKNOWNERR"},
      {"0x58", 0x58, "ESME_RTHROTTLED"},
      {"88", 0x58, "ESME_RTHROTTLED"},
      {"0x400", 0x400, "0x00000400"},
      {"4294967295", 0xFFFFFFFF, "0xffffffff"},
      {"4294967296", {}, ""},
      {"ESME_", {}, ""},
      {"", {}, ""},
      {"0x", {}, ""},
      {"-1", {}, ""},
  };
  for (const auto& [text, number, name] : rows) {
    INFO(text);
    const auto status = parse_command_status(text);
    REQUIRE(status.has_value() == number.has_value());
    if (!status) continue;
    CHECK(static_cast<std::uint32_t>(*status) == *number);
    CHECK(name_of(*status) == name);
  }
}

} // namespace
} // namespace farebox::smpp
