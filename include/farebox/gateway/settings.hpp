// How to reach the operators: plain values, read from the configuration, changed by nobody.
// The defaults here are the defaults of the configuration file.
#pragma once

#include "farebox/model/catalogue.hpp"
#include "farebox/smpp/session.hpp"
#include "farebox/text/charset.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace farebox::gateway {

struct endpoint {
  std::string host; // name or address; an IPv6 address without brackets
  std::uint16_t port = 0;
  friend auto operator<=>(const endpoint&, const endpoint&) = default;
};

// TLS is never given up for plain text: with `enabled` a host without TLS is a failed attempt.
struct tls_settings {
  bool enabled = false;
  std::string ca_file;          // PEM; empty: the system's trust store
  std::string server_name;      // in the certificate and SNI; empty: the endpoint's host
  std::string certificate_file; // PEM chain of our own, if the operator asks for one
  std::string key_file;
  friend bool operator==(const tls_settings&, const tls_settings&) = default;
};

// How the operator writes one and the same message id; `text` is compared as it stands.
enum class id_format : std::uint8_t { text, decimal, hexadecimal };

// The SMSC connects to us and says `outbind`; then we bind on that connection.
struct outbind_settings {
  endpoint listen;       // an address of this machine
  std::string system_id; // that the SMSC must give; empty: any
  std::string password;  // likewise
  friend bool operator==(const outbind_settings&, const outbind_settings&) = default;
};

struct bind_settings {
  std::string name; // unique within the operator: shown, logged and stored
  smpp::bind_kind type = smpp::bind_kind::transceiver;
  std::vector<endpoint> hosts; // in order of preference; empty only with `outbind`
  std::optional<outbind_settings> outbind;
  tls_settings tls;

  std::string system_id;
  std::string password; // from a secret file
  std::string system_type;
  std::string address_range;
  std::uint8_t address_ton = 0;
  std::uint8_t address_npi = 0;
  std::uint8_t interface_version = 0x34; // 0x33, 0x34 or 0x50: the highest that is offered

  std::uint32_t window = 10;          // submits without an answer
  std::uint32_t rate_per_second = 0;  // submits, each part counted; 0: unlimited
  std::uint32_t burst = 1;            // of them, how many may leave at once
  // Of data_coding 0, both ways. The binds of an operator that send all have the same: a reply is
  // split before its bind is known, by info.splitting.alphabet, which follows from it.
  text::charset charset = text::charset::gsm7;
  id_format submit_id = id_format::text;  // message_id in submit_sm_resp
  id_format receipt_id = id_format::text; // in receipts

  milliseconds connect_timeout{10'000};      // TCP and TLS, per host
  milliseconds session_init_timeout{10'000}; // bind without an answer
  milliseconds response_timeout{30'000};     // any request without an answer
  milliseconds enquire_link_interval{30'000}; // without traffic; two unanswered: the link is dead
  milliseconds inactivity_timeout{0};        // without messages: unbind; 0: never
  milliseconds unbind_timeout{3'000};

  milliseconds reconnect_delay{1'000};       // the first; doubled each time, with jitter
  milliseconds reconnect_delay_max{60'000};
  milliseconds refused_delay{300'000};       // after a wrong password: slow, but for ever
  milliseconds silent_after{0}; // up, but no message for so long: alarm; 0: longer than is usual

  // A reload keeps a link whose settings are the same.
  friend bool operator==(const bind_settings&, const bind_settings&) = default;
};

struct operator_settings {
  operator_info info; // the id is given by the store; info.splitting says how replies are coded
  std::vector<bind_settings> binds;

  std::uint8_t destination_ton = 1; // of the phones that replies go to: international, E.164
  std::uint8_t destination_npi = 1;
};

} // namespace farebox::gateway
