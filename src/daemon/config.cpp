#include "farebox/daemon/config.hpp"

#include "config_check.hpp"
#include "config_fields.hpp"

#include "farebox/base/limits.hpp"
#include "farebox/text/parts.hpp"

#include <algorithm>
#include <array>

namespace farebox::daemon {

namespace {

// Sizes of SMPP's C-octet strings (3.4 chapter 4 and 5.2) less their NUL.
constexpr std::size_t system_id_size_max = 15;
constexpr std::size_t password_size_max = 8;
constexpr std::size_t system_type_size_max = 12;
constexpr std::size_t address_range_size_max = 40;
constexpr std::size_t service_type_size_max = 5;

constexpr std::size_t server_name_size_max = 253; // of a host name, RFC 1035
constexpr std::size_t tlv_size_max = 255;         // no operator's charging field is longer
constexpr std::size_t help_size_max = 4'096;      // ten segments in UTF-8, see http/limits.hpp
constexpr std::size_t keyword_size_max = 64;      // see route.hpp

notation<milliseconds> wait(milliseconds min, milliseconds max) { return duration(min, max); }

bool is_given(const yaml_node& section, std::string_view key) {
  const auto* value = section.find(key);
  return value && !value->text.empty();
}

// password_file, password_credential and the refusal of a password in the file itself.
template <class T>
void add_password_fields(std::vector<field<T>>& to) {
  const auto read_from = [](auto path_of) {
    return [path_of](const yaml_node& node, T& into, reading& in) {
      if (!node.is(yaml_node::kind::scalar) || node.text.empty())
        return report_value(node, "password", "a file", {}, in);
      const auto path = path_of(node.text, in);
      auto secret = path ? read_secret(*path, password_size_max) : path.error();
      if (!secret) return in.errors.add(node.at, "password: " + secret.error().detail);
      into.password = std::move(*secret);
    };
  };
  const auto described = [](std::string key, std::string type, std::string meaning) {
    return [=](const std::string& prefix, std::vector<config_key>& out) {
      out.push_back({prefix + key, type, "", meaning});
    };
  };
  to.push_back({"password_credential",
                read_from([](const std::string& name, reading& in) { return in.credential(name); }),
                described("password_credential", "a file name",
                          "The password is this credential of systemd, or without systemd this "
                          "file in `secrets_directory`.")});
  to.push_back({"password_file",
                read_from([](const std::string& path, reading&) -> result<std::string> {
                  if (!path.starts_with('/')) return invalid("expected an absolute path");
                  return path;
                }),
                described("password_file", "an absolute path",
                          "The password is this file; it must not be readable by others.")});
  to.push_back({"password",
                [](const yaml_node& node, T&, reading& in) {
                  in.errors.add(node.at, "a password does not stand here: put it into a file, and "
                                         "its name under password_file or password_credential");
                },
                [](const std::string&, std::vector<config_key>&) {}});
}

void check_one_password(const yaml_node& node, bool needed, reading& in) {
  const bool file = node.find("password_file") != nullptr;
  const bool credential = node.find("password_credential") != nullptr;
  if (file && credential)
    in.errors.add(node.find("password_file")->at,
                  "password_file and password_credential: only one of them");
  if (needed && !file && !credential && !node.find("password"))
    in.errors.add(node.at, "missing key 'password_credential' or 'password_file'");
}

const section_fields<gateway::tls_settings>& tls_fields() {
  using s = gateway::tls_settings;
  static const section_fields<s> all{
      {value<s>("enabled", &s::enabled, flag(), "Speak TLS, and never anything else."),
       value<s>("ca_file", &s::ca_file, existing_file(),
                "PEM file of the authorities to trust; empty: those of the system."),
       value<s>("server_name", &s::server_name, text_up_to(server_name_size_max),
                "Name in the operator's certificate; empty: the host's name."),
       value<s>("certificate_file", &s::certificate_file, existing_file(),
                "PEM chain of our own certificate, if the operator asks for one."),
       value<s>("key_file", &s::key_file, existing_file(), "PEM file of its key.")},
      [](const yaml_node& node, s& tls, reading& in) {
        if (is_given(node, "certificate_file") != is_given(node, "key_file"))
          in.errors.add(node.at, "certificate_file and key_file go together");
        if (tls.key_file.empty()) return;
        if (auto key = read_file(tls.key_file, yaml_file_size_max, true); !key)
          in.errors.add(node.find("key_file")->at, "key_file: " + key.error().detail);
      }};
  return all;
}

const section_fields<gateway::outbind_settings>& outbind_fields() {
  using s = gateway::outbind_settings;
  static const auto all = [] {
    section_fields<s> made{
        {value<s>("listen", &s::listen, host_and_port(0),
                  "Address of this machine at which the SMSC connects.", need::required),
         value<s>("system_id", &s::system_id, text_up_to(system_id_size_max),
                  "The SMSC must give this one; empty: any.")},
        [](const yaml_node& node, s&, reading& in) { check_one_password(node, false, in); }};
    add_password_fields(made.fields);
    return made;
  }();
  return all;
}

std::vector<field<gateway::bind_settings>> identity_fields() {
  using s = gateway::bind_settings;
  using smpp::bind_kind;
  std::vector<field<s>> all{
      value<s>("name", &s::name, name(), "Unique within the operator.", need::required),
      value<s>("type", &s::type,
               choice<bind_kind>({{"transceiver", bind_kind::transceiver},
                                  {"transmitter", bind_kind::transmitter},
                                  {"receiver", bind_kind::receiver}}),
               "A transmitter sends replies, a receiver takes messages, a transceiver does both.",
               need::required),
      values<s>("hosts", &s::hosts, host_and_port(2'775),
                "Where the SMSC listens, in order of preference. Required without `outbind`."),
      section<s>("outbind", &s::outbind, outbind_fields(),
                 "The SMSC connects to us and asks for the bind."),
      section<s>("tls", &s::tls, tls_fields(), "TLS to the SMSC."),
      value<s>("system_id", &s::system_id, text_up_to(system_id_size_max),
               "The user name that the operator gave us.", need::required)};
  add_password_fields(all);
  return all;
}

std::vector<field<gateway::bind_settings>> protocol_fields() {
  using s = gateway::bind_settings;
  using text::charset;
  const auto ids = choice<gateway::id_format>({{"text", gateway::id_format::text},
                                               {"decimal", gateway::id_format::decimal},
                                               {"hexadecimal", gateway::id_format::hexadecimal}});
  return {
      value<s>("system_type", &s::system_type, text_up_to(system_type_size_max),
               "As the operator says; usually empty."),
      value<s>("address_range", &s::address_range, text_up_to(address_range_size_max),
               "The short codes to receive, if the operator wants them named."),
      value<s>("address_ton", &s::address_ton, whole<std::uint8_t>(0, 255),
               "Type of number of `address_range`."),
      value<s>("address_npi", &s::address_npi, whole<std::uint8_t>(0, 255),
               "Numbering plan of `address_range`."),
      value<s>("interface_version", &s::interface_version,
               choice<std::uint8_t>({{"3.3", 0x33}, {"3.4", 0x34}, {"5.0", 0x50}}),
               "The highest version of SMPP to offer."),
      value<s>("charset", &s::charset,
               choice<charset>({{"gsm7", charset::gsm7},
                                {"ascii", charset::ascii},
                                {"latin1", charset::latin1},
                                {"iso-8859-5", charset::iso_8859_5},
                                {"windows-1251", charset::windows_1251}}),
               "What data_coding 0 means here."),
      value<s>("submit_id", &s::submit_id, ids,
               "How message ids are written in the answers to our submits."),
      value<s>("receipt_id", &s::receipt_id, ids,
               "How the same ids are written in delivery receipts."),
      value<s>("window", &s::window, whole<std::uint32_t>(1, 1'000),
               "Submits that may wait for an answer at once."),
      value<s>("rate_per_second", &s::rate_per_second, whole<std::uint32_t>(0, 100'000),
               "Submits a second that the operator allows, each part counted; 0: any."),
      value<s>("burst", &s::burst, whole<std::uint32_t>(1, 1'000),
               "Of them, how many may leave at once."),
  };
}

std::vector<field<gateway::bind_settings>> timing_fields() {
  using s = gateway::bind_settings;
  const milliseconds none{0}, blink{100}, minute{60'000}, hour{3'600'000};
  return {
      value<s>("connect_timeout", &s::connect_timeout, wait(blink, minute),
               "For TCP and TLS, for each host."),
      value<s>("session_init_timeout", &s::session_init_timeout, wait(blink, minute),
               "For the answer to our bind."),
      value<s>("response_timeout", &s::response_timeout, wait(blink, 5 * minute),
               "For the answer to any request of ours."),
      value<s>("enquire_link_interval", &s::enquire_link_interval, wait(blink, hour),
               "Silence after which we ask whether the SMSC is there; two without answer end the "
               "link."),
      value<s>("inactivity_timeout", &s::inactivity_timeout, wait(none, 24 * hour),
               "Without a message for so long we unbind; 0: never."),
      value<s>("unbind_timeout", &s::unbind_timeout, wait(blink, minute),
               "For the answer to our unbind."),
      value<s>("reconnect_delay", &s::reconnect_delay, wait(blink, hour),
               "Before the first new attempt; doubled each time, with jitter, for ever."),
      value<s>("reconnect_delay_max", &s::reconnect_delay_max, wait(blink, hour),
               "Where the doubling ends."),
      value<s>("refused_delay", &s::refused_delay, wait(milliseconds{1'000}, hour),
               "Between attempts after a wrong password, which raises an alarm."),
      value<s>("silent_after", &s::silent_after, wait(none, 7 * 24 * hour),
               "Bound, but without a message for so long: an alarm; 0: longer than is usual here."),
  };
}

void check_bind(const yaml_node& node, gateway::bind_settings& bind, reading& in) {
  check_one_password(node, true, in);
  const auto* hosts = node.find("hosts");
  const bool none = hosts && hosts->is(yaml_node::kind::list) && hosts->items.empty();
  if (!hosts && !bind.outbind)
    in.errors.add(node.at, "missing key 'hosts' or 'outbind'");
  else if (none && !bind.outbind)
    in.errors.add(hosts->at, "hosts: the list is empty");
  if (bind.reconnect_delay > bind.reconnect_delay_max)
    in.errors.add(node.at, "reconnect_delay is above reconnect_delay_max");
}

const section_fields<gateway::bind_settings>& bind_fields() {
  using s = gateway::bind_settings;
  static const auto all = [] {
    section_fields<s> made{identity_fields(), check_bind};
    std::ranges::copy(protocol_fields(), std::back_inserter(made.fields));
    std::ranges::copy(timing_fields(), std::back_inserter(made.fields));
    return made;
  }();
  return all;
}

const section_fields<redelivery_policy>& redelivery_fields() {
  using s = redelivery_policy;
  static const section_fields<s> all{
      {value<s>("response_timeout", &s::response_timeout,
                wait(milliseconds{1'000}, milliseconds{600'000}),
                "After which the SMSC gives up waiting for our answer, and redelivers."),
       value<s>("proof_delay", &s::proof_delay, wait(milliseconds{100}, milliseconds{60'000}),
                "An enquire_link so long after our answer, itself answered, proves that the answer "
                "arrived."),
       value<s>("probe_timeout", &s::probe_timeout, wait(milliseconds{100}, milliseconds{60'000}),
                "A bind that is silent for so long is taken for dead when a second bind brings the "
                "same message."),
       value<s>("horizon", &s::horizon, duration(hours{1}, hours{168}),
                "The longest time after which the SMSC still redelivers."),
       value<s>("id_tlv", &s::id_tlv, maybe(whole<std::uint16_t>(1, 0xFFFF, true)),
                "A TLV in which this operator identifies each message."),
       value<s>("user_message_reference", &s::user_message_reference, flag(),
                "The operator's user_message_reference identifies messages; it seldom does.")},
      {}};
  return all;
}

const section_fields<operator_info>& operator_info_fields() {
  using s = operator_info;
  const milliseconds minute{60'000}, hour{3'600'000};
  static const section_fields<s> all{
      {value<s>("name", &s::name, name(), "Kept for ever: bills and statistics refer to it.",
                need::required),
       value<s>("country", &s::country, country(), "Where its subscribers are.", need::required),
       value<s>("retry_status", &s::retry_status, whole<std::uint32_t>(1, 0xFFFFFFFF, true),
                "The command_status at which this SMSC tries again later; 0x14 is ESME_RMSGQFUL."),
       value<s>("unknown_wait", &s::unknown_wait, wait(minute, 24 * hour),
                "How long the answer to a submit may be missing before it is dealt with."),
       values<s>("submit_retry_statuses", &s::submit_retry_statuses,
                 whole<std::uint32_t>(1, 0xFFFFFFFF, true),
                 "A reply refused with one of these is sent again; others are final."),
       value<s>("retry_delay", &s::retry_delay, wait(milliseconds{100}, hour),
                "Before the second attempt; doubled each time."),
       value<s>("retry_delay_max", &s::retry_delay_max, wait(milliseconds{100}, 24 * hour),
                "Where the doubling ends."),
       value<s>("reply_lifetime", &s::reply_lifetime, duration(hours{1}, hours{168}),
                "After which a reply that could not be sent is given up."),
       value<s>("part_wait", &s::part_wait, duration(hours{1}, hours{168}),
                "After which a long message with missing parts is closed."),
       section<s>("redelivery", &s::redelivery, redelivery_fields(),
                  "How the SMSC repeats what it thinks was not taken.")},
      {}};
  return all;
}

const section_fields<reply_splitting>& splitting_fields() {
  using s = reply_splitting;
  using text::long_message, text::national_language;
  const auto number = [](auto of) { return static_cast<std::uint8_t>(of); };
  static const section_fields<s> all{
      {value<s>("long_messages", &s::style,
                choice<std::uint8_t>({{"udh8", number(long_message::udh8)},
                                      {"udh16", number(long_message::udh16)},
                                      {"sar", number(long_message::sar)},
                                      {"payload", number(long_message::payload)}}),
                "How a reply of several segments is sent: concatenation header with an 8-bit or "
                "16-bit reference, SAR TLVs, or one message_payload."),
       value<s>("latin1", &s::latin1, flag(), "Replies may use Latin-1 (data_coding 3)."),
       values<s>("national_tables", &s::national,
                 choice<std::uint8_t>({{"turkish", number(national_language::turkish)},
                                       {"spanish", number(national_language::spanish)},
                                       {"portuguese", number(national_language::portuguese)}}),
                 "National GSM alphabets that the phones there understand.")},
      {}};
  return all;
}

const section_fields<gateway::operator_settings>& operator_fields() {
  using s = gateway::operator_settings;
  static const auto all = [] {
    section_fields<s> made;
    add_fields(made.fields, &s::info, operator_info_fields());
    add_fields(made.fields, [](s& op) -> auto& { return op.info.splitting; }, splitting_fields());
    std::ranges::copy(
        std::vector<field<s>>{
            value<s>("destination_ton", &s::destination_ton, whole<std::uint8_t>(0, 255),
                     "Type of number of the phones; 1 is international."),
            value<s>("destination_npi", &s::destination_npi, whole<std::uint8_t>(0, 255),
                     "Numbering plan of the phones; 1 is E.164."),
            sections<s>("binds", &s::binds, bind_fields(), "The SMPP sessions.", need::required)},
        std::back_inserter(made.fields));
    return made;
  }();
  return all;
}

const section_fields<dedicated_keyword>& dedicated_fields() {
  using s = dedicated_keyword;
  static const section_fields<s> all{
      {value<s>("keyword", &s::keyword, text_up_to(keyword_size_max), "The first word.",
                need::required),
       value<s>("partner", &s::partner, partner_number(), "Whose service it is.", need::required),
       value<s>("service", &s::service_number, whole<int>(0, service_number_max),
                "Its number at the partner.", need::required),
       value<s>("glued", &s::glued, flag(), "Text may follow without a space: BILL20.")},
      {}};
  return all;
}

const section_fields<default_service>& fallback_fields() {
  using s = default_service;
  static const section_fields<s> all{
      {value<s>("partner", &s::partner, partner_number(), "Whose service it is.", need::required),
       value<s>("service", &s::service_number, whole<int>(0, service_number_max),
                "Its number at the partner.", need::required)},
      {}};
  return all;
}

const section_fields<short_code>& short_code_fields() {
  using s = short_code;
  static const section_fields<s> all = [] {
    section_fields<grammar_settings> grammar{
        {sections<grammar_settings>("dedicated", &grammar_settings::dedicated, dedicated_fields(),
                                    "Keywords of one partner's service, with free text behind."),
         values<grammar_settings>("general", &grammar_settings::general,
                                  text_up_to(keyword_size_max),
                                  "Keywords that a partner ID, a service number and arguments "
                                  "follow: RR 104723 3 blue."),
         section<grammar_settings>("default", &grammar_settings::fallback, fallback_fields(),
                                   "The service for text that begins with no keyword."),
         values<grammar_settings>("reserved", &grammar_settings::reserved,
                                  text_up_to(keyword_size_max),
                                  "Words that the platform answers itself: STOP, HELP.")},
        {}};
    static const auto kept = std::move(grammar);
    section_fields<s> made{
        {value<s>("number", &s::number, digits(), "The short code.", need::required),
         value<s>("country", &s::country, country(), "Where it is in use.", need::required)},
        {}};
    add_fields(made.fields, &s::grammar, kept);
    made.fields.push_back(value<s>("help", &s::help, text_up_to(help_size_max),
                                   "Answer to text that is not understood; empty: none."));
    made.fields.push_back(value<s>("reserved_reply", &s::reserved_reply, text_up_to(help_size_max),
                                   "Answer to a reserved word; empty: none."));
    return made;
  }();
  return all;
}

const section_fields<extra_tlv>& tlv_fields() {
  using s = extra_tlv;
  auto tag = whole<std::uint16_t>(1, 0xFFFF, true);
  tag.print = [](const std::uint16_t&) { return std::string(); }; // there is no usual one
  static const section_fields<s> all{
      {value<s>("tag", &s::tag, tag, "Its tag.", need::required),
       value<s>("text", &s::value, text_up_to(tlv_size_max), "Its value as text."),
       value<s>("hex", &s::value, octets_in_hex(), "Its value in hexadecimal."),
       value<s>("from_mo", &s::mo_tag, tag,
                "Its value is that of this TLV of the message that is answered.")},
      [](const yaml_node& node, s& tlv, reading& in) {
        tlv.is_mo_link = node.find("from_mo") != nullptr;
        constexpr std::array<std::string_view, 3> ways{"text", "hex", "from_mo"};
        const auto given = std::ranges::count_if(ways, [&](auto key) { return node.find(key); });
        if (given != 1) in.errors.add(node.at, "a TLV has exactly one of text, hex and from_mo");
        if (tlv.value.size() > tlv_size_max)
          in.errors.add(node.at, fmt::format("the value is longer than {} octets", tlv_size_max));
      }};
  return all;
}

const section_fields<reply_delivery>& reply_fields() {
  using s = reply_delivery;
  static const section_fields<s> all{
      {value<s>("source", &s::source, text_up_to(limits::address_size_max),
                "Sender that the phone sees; empty: the short code."),
       value<s>("source_ton", &s::source_ton, whole<std::uint8_t>(0, 255),
                "Type of number of the sender; 3 is network specific, 5 alphanumeric."),
       value<s>("source_npi", &s::source_npi, whole<std::uint8_t>(0, 255),
                "Numbering plan of the sender."),
       value<s>("service_type", &s::service_type, text_up_to(service_type_size_max),
                "As the operator says."),
       value<s>("validity", &s::validity, duration(seconds{0}, seconds{7 * 86'400}),
                "How long the SMSC tries to deliver; 0: as it likes."),
       value<s>("receipts", &s::receipts, flag(),
                "Ask for delivery receipts; always done when charged on_mt."),
       value<s>("segments_max", &s::segments_max, whole<int>(1, limits::reply_segments_max),
                "Segments of one reply."),
       sections<s>("tlvs", &s::tlvs, tlv_fields(),
                   "Optional parameters that the operator's charging needs.")},
      {}};
  return all;
}

const section_fields<tariff>& price_fields() {
  using s = tariff;
  static const section_fields<s> all{
      {value<s>("from", &s::from, date(), "In force from here until the next one; UTC.",
                need::required),
       value<s>("currency", &s::unit, currency_code(), "Of the price.", need::required),
       value<s>("price", &s::price, amount(), "What the subscriber pays, VAT included.",
                need::required),
       value<s>("charged", &s::when, choice<charged>({{"on_mo", charged::on_mo},
                                                      {"on_mt", charged::on_mt}}),
                "For the subscriber's message, or for our reply once its receipt says delivered."),
       value<s>("per", &s::per, choice<counted_per>({{"message", counted_per::message},
                                                     {"part", counted_per::part}}),
                "What costs the price once: a long message, or each part of it."),
       value<s>("vat", &s::vat, percentage(), "VAT inside the price.", need::required),
       value<s>("vat_remitter", &s::vat_remitter,
                choice<remitter>({{"operator", remitter::by_operator},
                                  {"platform", remitter::by_platform}}),
                "Who pays the VAT to the state."),
       value<s>("operator_share", &s::operator_share, percentage(), "What the operator keeps.",
                need::required),
       value<s>("operator_base", &s::operator_base,
                choice<share_base>({{"gross", share_base::gross}, {"net", share_base::net}}),
                "Of what: of the price, or of the price less VAT."),
       value<s>("reserved_words_free", &s::reserved_words_free, flag(),
                "The operator does not charge STOP, HELP and the like."),
       value<s>("charge_expiry", &s::charge_expiry,
                duration(hours{1}, hours{limits::charge_expiry_hours_max}),
                "How long a charge on_mt waits for its receipt."),
       section<s>("reply", &s::reply, reply_fields(), "How replies under this tariff are sent.")},
      {}};
  return all;
}

const section_fields<tariff_entry>& tariff_fields() {
  using s = tariff_entry;
  static const section_fields<s> all = [] {
    section_fields<s> made{
        {value<s>("operator", &s::operator_name, name(), "One of `operators`.", need::required),
         value<s>("short_code", &s::short_code, digits(), "One of `short_codes`.",
                  need::required)},
        {}};
    add_fields(made.fields, &s::values, price_fields());
    return made;
  }();
  return all;
}

const section_fields<terms>& terms_fields() {
  using s = terms;
  static const section_fields<s> all{
      {value<s>("partner", &s::partner, partner_number(),
                "Whose terms; left out: of all partners without terms of their own."),
       value<s>("from", &s::from, date(), "In force from here until the next ones; UTC.",
                need::required),
       value<s>("platform_fee", &s::platform_fee, percentage(), "What the platform keeps.",
                need::required),
       value<s>("fee_base", &s::fee_base,
                choice<share_base>({{"gross", share_base::gross}, {"net", share_base::net}}),
                "Of what: of the price, or of the price less VAT.")},
      {}};
  return all;
}

const section_fields<store_settings>& store_fields() {
  using s = store_settings;
  static const section_fields<s> all{
      {value<s>("path", &s::path, absolute_path(),
                "The SQLite file, on a local disk; its directory must be writable."),
       value<s>("mark", &s::mark, absolute_path(),
                "The file that tells a restored old backup: in a folder that no backup of the "
                "data base restores. Empty: beside the data base, with .mark behind its name.")},
      {}};
  return all;
}

const section_fields<http_settings>& http_fields() {
  using s = http_settings;
  static const section_fields<s> all{
      {value<s>("address", &s::address, ip_address(),
                "Where the API and the status page are; a reverse proxy adds TLS."),
       value<s>("port", &s::port, whole<std::uint16_t>(0, 65'535), "Its port; 0: any free one."),
       value<s>("socket", &s::socket,
                absolute_path(), "Unix socket of the administrator's tool; empty: none."),
       value<s>("connections_max", &s::connections_max, whole<std::uint32_t>(8, 10'000),
                "Connections at once; further ones wait.")},
      {}};
  return all;
}

const section_fields<log::settings>& log_fields() {
  using s = log::settings;
  static const section_fields<s> all{
      {value<s>("target", &s::to,
                choice<log::target>({{"journald", log::target::journald},
                                     {"file", log::target::file},
                                     {"stderr", log::target::standard_error}}),
                "Where the log goes."),
       value<s>("file", &s::file, absolute_path(),
                "For `target: file`; opened anew on SIGHUP, for logrotate."),
       value<s>("level", &s::lowest,
                choice<log::level>({{"debug", log::level::debug},
                                    {"info", log::level::info},
                                    {"warning", log::level::warning},
                                    {"error", log::level::error}}),
                "The least important level that is written.")},
      [](const yaml_node& node, s& log, reading& in) {
        if (log.to == log::target::file && !is_given(node, "file"))
          in.errors.add(node.at, "target: file needs the key 'file'");
      }};
  return all;
}

const section_fields<thread_settings>& thread_fields() {
  using s = thread_settings;
  static const section_fields<s> all{
      {value<s>("links", &s::links, whole<std::uint32_t>(0, 64),
                "For SMPP; 0: half as many as cores, 1 to 4."),
       value<s>("http", &s::http, whole<std::uint32_t>(1, 16),
                "For the API, each with its own connection to the store.")},
      {}};
  return all;
}

// The include key is gone before the sections are read, unless --set put one there.
field<config> include_field() {
  return {"include",
          [](const yaml_node& node, config&, reading& in) {
            in.errors.add(node.at, "include stands at the top of a file only");
          },
          [](const std::string& prefix, std::vector<config_key>& out) {
            out.push_back({prefix + "include", "a file name or a list of them", "",
                           "Further files, relative to this one; `*` and `?` match. Lists of the "
                           "same key are joined."});
          }};
}

const section_fields<config>& config_fields() {
  using s = config;
  static const section_fields<s> all{
      {include_field(),
       value<s>("secrets_directory", &s::secrets_directory, absolute_path(),
                "Where password_credential looks when systemd gives no credentials."),
       section<s>("store", &s::store, store_fields(), "What is kept."),
       section<s>("http", &s::http, http_fields(), "The API, the status page, the metrics."),
       section<s>("log", &s::log, log_fields(), "The log, one line per event."),
       section<s>("threads", &s::threads, thread_fields(), "Threads."),
       value<s>("drain_timeout", &s::drain_timeout,
                wait(milliseconds{1'000}, milliseconds{60'000}),
                "From SIGTERM to the end, whatever is still under way."),
       sections<s>("operators", &s::operators, operator_fields(), "The operators.",
                   need::required),
       sections<s>("short_codes", &s::short_codes, short_code_fields(),
                   "What may be written to which short code.", need::required),
       value<s>("unknown_code_help", &s::unknown_code_help, text_up_to(help_size_max),
                "Answer to a short code that is not listed; empty: none."),
       sections<s>("tariffs", &s::tariffs, tariff_fields(),
                   "Prices, each from a date. Never edited once used: add the next version."),
       sections<s>("terms", &s::terms_versions, terms_fields(),
                   "What the platform keeps, from a date.")},
      {}};
  return all;
}

failure failed(const error_list& errors, const std::vector<std::string>& files) {
  return invalid(errors.to_lines(files, config_errors_max));
}

// The sections of a tree, the overrides applied, each checked and all of them together.
result<config> config_of(yaml_node root, const load_options& options, config loaded,
                         error_list errors) {
  for (const auto& assignment : options.overrides) apply_override(root, assignment, errors);

  reading in{errors, options.credentials_directory, loaded.secrets_directory};
  if (is_given(root, "secrets_directory"))
    in.secrets_directory = root.find("secrets_directory")->text;
  read_section(root, loaded, config_fields(), in);
  if (errors.empty()) check_config(root, loaded, errors);
  if (errors.empty() && options.check_short_code)
    for (std::size_t i = 0; i < loaded.short_codes.size(); ++i)
      if (auto checked = options.check_short_code(loaded.short_codes[i].value); !checked)
        errors.add(place_of(root, "short_codes", i), checked.error().detail);
  if (!errors.empty()) return failed(errors, loaded.files);
  return loaded;
}

} // namespace

result<config> load_config(const std::string& path, const load_options& options) {
  config loaded;
  error_list errors;
  auto root = load_yaml(path, errors, loaded.files);
  if (!root) return failed(errors, loaded.files);
  return config_of(std::move(*root), options, std::move(loaded), std::move(errors));
}

result<config> read_config(const std::string& text, const std::string& name,
                           const load_options& options) {
  config loaded;
  loaded.files.push_back(name);
  error_list errors;
  auto root = parse_yaml(text, name, errors);
  if (!root) return failed(errors, loaded.files);
  return config_of(std::move(*root), options, std::move(loaded), std::move(errors));
}

std::vector<config_key> config_keys() {
  std::vector<config_key> keys;
  describe_section(config_fields(), "", keys);
  return keys;
}

std::string config_reference() {
  std::vector<std::pair<std::string, std::string>> tables; // section and rows, in order
  for (const auto& key : config_keys()) {
    const auto dot = key.path.rfind('.');
    const auto section = dot == key.path.npos ? std::string() : key.path.substr(0, dot);
    auto table = std::ranges::find(tables, section, [](auto& t) { return t.first; });
    if (table == tables.end()) table = tables.insert(table, {section, ""});
    const bool literal = !key.fallback.empty() && key.fallback != "required";
    table->second += fmt::format("| `{}` | {} | {} | {} |\n", key.path.substr(dot + 1), key.type,
                                 literal ? "`" + key.fallback + "`" : key.fallback, key.meaning);
  }
  std::string text;
  for (const auto& [section, rows] : tables)
    text += fmt::format("{}### {}\n\n| key | value | default | meaning |\n"
                        "| --- | --- | --- | --- |\n{}",
                        text.empty() ? "" : "\n",
                        section.empty() ? "Top level" : "`" + section + "`", rows);
  return text;
}

} // namespace farebox::daemon
