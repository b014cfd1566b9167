// What is sold, by whom, for how much: an immutable picture, swapped whole when anything changes.
// Readers on any thread hold it by shared_ptr<const catalogue>; nothing in it changes after
// build().
#pragma once

#include "farebox/base/id.hpp"
#include "farebox/base/money.hpp"
#include "farebox/base/result.hpp"
#include "farebox/base/time.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace farebox {

// How an operator redelivers and what it promises: the parameters of rule R3 (ARCHITECTURE.md).
struct redelivery_policy {
  milliseconds response_timeout{30'000}; // after which the SMSC gives a deliver_sm up
  milliseconds proof_delay{2'000};       // an enquire_link so long after a response proves it
  milliseconds probe_timeout{5'000};     // a silent bind is taken for dead when a twin waits
  hours horizon{24};                     // the longest time after which an SMSC still redelivers
  std::optional<std::uint16_t> id_tlv;   // (a) a TLV that identifies the MO at this operator
  bool user_message_reference = false;   // (b) the operator's reference can be relied on
};

// How replies to this operator's phones are coded and split; the numbers are those of the
// enumerations of module text, which stands beside this one. Read by flow::splitting_of.
struct reply_splitting {
  std::uint8_t alphabet = 0; // text::charset of data_coding 0
  std::uint8_t style = 0;    // text::long_message
  bool latin1 = false;
  std::vector<std::uint8_t> national; // text::national_language
  friend bool operator==(const reply_splitting&, const reply_splitting&) = default;
};

struct operator_info {
  operator_id id;
  std::string name;
  std::string country; // ISO 3166 alpha-2
  redelivery_policy redelivery;
  reply_splitting splitting;
  std::uint32_t retry_status = 0x14;   // what makes this SMSC try again later (ESME_RMSGQFUL)
  milliseconds unknown_wait{60'000};   // how long a submit without answer may still be resolved
  // A submit refused with one of these is tried again; any other negative status is final.
  std::vector<std::uint32_t> submit_retry_statuses{0x14, 0x58, 0x08};
  milliseconds retry_delay{1'000}; // the first; doubled each time, up to retry_delay_max
  milliseconds retry_delay_max{60'000};
  hours reply_lifetime{24};        // after which a reply that could not be sent is given up
  hours part_wait{24};             // after which a long MO with missing parts is closed
};

enum class partner_state : std::uint8_t { pending, active, rejected, suspended };
std::string_view name_of(partner_state state);
std::optional<partner_state> parse_partner_state(std::string_view name);

struct partner {
  partner_id id;
  std::string name;
  partner_state state = partner_state::pending;
  std::string reason; // why rejected or suspended
};

// Six digits, the first not 0, the last the check digit of the others (base/check_digit.hpp).
inline constexpr std::size_t partner_id_digits = 6;
bool is_partner_id(partner_id id);
std::optional<partner_id> parse_partner_id(std::string_view digits);
// Appends the check digit: 10'472 -> 104'723. Throws std::logic_error outside 10'000..99'999.
partner_id make_partner_id(std::int64_t first_five_digits);

// A kind's settings as the partner wrote them, e.g. {"minutes", "60"}, in order of the keys.
using settings_list = std::vector<std::pair<std::string, std::string>>;

// The same settings, parsed and checked once by the kind (module service).
struct parsed_settings {
  virtual ~parsed_settings() = default;
};

inline constexpr int service_number_max = 99;

struct service {
  service_id id;
  partner_id partner;
  int number = 0;    // 0..99, two digits where glued to the partner ID
  std::string kind;  // "reply", "lock", ...
  std::string title;
  std::string site;  // the partner's site that sells it; empty: none stated
  bool enabled = true;
  settings_list settings;
  std::shared_ptr<const parsed_settings> parsed; // never null in a built catalogue
};

enum class charged : std::uint8_t { on_mo, on_mt };
enum class counted_per : std::uint8_t { message, part };
enum class share_base : std::uint8_t { gross, net }; // net: gross less VAT
enum class remitter : std::uint8_t { by_operator, by_platform };

// One optional parameter of SMPP that a tariff adds to its replies.
struct extra_tlv {
  std::uint16_t tag = 0;
  std::string value;         // octets
  bool is_mo_link = false;   // the value is taken from the MO's TLV `mo_tag` instead
  std::uint16_t mo_tag = 0;
  friend bool operator==(const extra_tlv&, const extra_tlv&) = default;
};

// What an operator needs to see on the replies of a tariff.
struct reply_delivery {
  std::string source;         // empty: the short code
  std::uint8_t source_ton = 3; // network specific: the usual one for short codes
  std::uint8_t source_npi = 0;
  std::string service_type;
  seconds validity{0};        // 0: the SMSC's default
  bool receipts = false;      // ask for delivery receipts; always so when charged on the MT
  int segments_max = 1;       // a billed reply is one segment unless the tariff says otherwise
  std::vector<extra_tlv> tlvs;
  friend bool operator==(const reply_delivery&, const reply_delivery&) = default;
};

// The price of one message at one operator on one short code, from a date. Never edited once used.
struct tariff {
  tariff_id id;
  operator_id op;
  short_code_id code;
  utc_time from;
  currency unit;
  millionths price; // gross, VAT included
  charged when = charged::on_mo;
  counted_per per = counted_per::message;
  rate vat;
  remitter vat_remitter = remitter::by_operator;
  rate operator_share;
  share_base operator_base = share_base::net;
  bool reserved_words_free = false; // the operator does not charge STOP, HELP, ...
  hours charge_expiry{72};          // an MT-billed charge without receipt
  reply_delivery reply;
  friend bool operator==(const tariff&, const tariff&) = default;
};

// What the platform keeps for a partner, from a date. partner 0: for all without terms of their
// own.
struct terms {
  terms_id id;
  partner_id partner;
  utc_time from;
  rate platform_fee;
  share_base fee_base = share_base::gross;
  friend bool operator==(const terms&, const terms&) = default;
};

// A keyword of one partner's service with free text behind it.
struct dedicated_keyword {
  std::string keyword; // as configured; folded when the grammar is built
  partner_id partner;
  int service_number = 0;
  bool glued = false; // "BILL20" is BILL with the argument 20
};

struct default_service {
  partner_id partner;
  int service_number = 0;
};

// What may be written to one short code. Built and checked by module route.
struct grammar_settings {
  std::vector<dedicated_keyword> dedicated;
  std::vector<std::string> general;       // keyword + partner ID + service number + arguments
  std::optional<default_service> fallback; // text that starts with no keyword
  std::vector<std::string> reserved;      // STOP, HELP, ...: answered by the platform
};

struct short_code {
  short_code_id id;
  std::string number;
  std::string country;
  grammar_settings grammar;
  std::string help;           // reply to text that is not understood; empty: none
  std::string reserved_reply; // reply to a reserved word
};

struct catalogue_parts {
  std::vector<operator_info> operators;
  std::vector<short_code> short_codes;
  std::vector<partner> partners;
  std::vector<service> services;
  std::vector<tariff> tariffs;
  std::vector<terms> terms_versions;
  std::string unknown_code_help; // reply to a short code that is not ours
};

class catalogue {
 public:
  explicit catalogue(catalogue_parts parts, std::uint64_t generation = 0);

  const operator_info* find_operator(operator_id id) const;
  const operator_info* find_operator(std::string_view name) const;
  const short_code* find_short_code(std::string_view number) const;
  const short_code* find_short_code(short_code_id id) const;
  const partner* find_partner(partner_id id) const;
  const service* find_service(service_id id) const;
  const service* find_service(partner_id partner, int number) const;
  const tariff* find_tariff(tariff_id id) const;

  // The version in force at `at`: the latest whose from-date is not after it.
  const tariff* tariff_at(operator_id op, short_code_id code, utc_time at) const;
  // The partner's own terms, else the general ones; nullptr if there are none yet.
  const terms* terms_at(partner_id partner, utc_time at) const;

  std::span<const operator_info> operators() const { return parts_.operators; }
  std::span<const short_code> short_codes() const { return parts_.short_codes; }
  std::span<const partner> partners() const { return parts_.partners; }
  std::span<const service> services() const { return parts_.services; }
  std::span<const tariff> tariffs() const { return parts_.tariffs; }
  std::span<const terms> terms_versions() const { return parts_.terms_versions; }
  const std::string& unknown_code_help() const { return parts_.unknown_code_help; }
  std::uint64_t generation() const { return generation_; }

  // The grammars built by module route for these short codes; opaque here, so that model stays
  // below it. Set once, before the catalogue is shared.
  std::shared_ptr<const void> grammars;

 private:
  catalogue_parts parts_;
  std::uint64_t generation_ = 0;
  std::unordered_map<std::int64_t, std::size_t> operator_index_, code_index_, partner_index_,
      service_index_, service_number_index_, tariff_index_;
  std::unordered_map<std::string, std::size_t> code_number_index_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> tariff_versions_;
  std::unordered_map<std::int64_t, std::vector<std::size_t>> terms_index_;
};

using catalogue_ptr = std::shared_ptr<const catalogue>;

} // namespace farebox
