#include "farebox/smpp/pdu.hpp"

#include "smpp/body_types.hpp"

namespace farebox::smpp {

command_id id_of(const pdu& message) {
  return std::visit([](const auto& body) { return body.id; }, message.body);
}

std::optional<pdu> refusal(command_id request, std::uint32_t sequence, command_status status) {
  if (is_response(request) || request == command_id::outbind ||
      request == command_id::alert_notification)
    return std::nullopt;
  pdu answer{status, sequence, generic_nack{}};
  with_body_type(response_of(request), [&]<class Body>(std::type_identity<Body>) {
    answer.body.emplace<Body>();
  });
  return answer;
}

namespace {

bytes_view payload_of(const tlv_list& tlvs) {
  const auto* payload = find(tlvs, tag::message_payload);
  return payload ? bytes_view(payload->value) : bytes_view{};
}

bytes_view text_or_payload(const auto& message) {
  return message.short_message.empty() ? payload_of(message.tlvs)
                                       : bytes_view(message.short_message);
}

} // namespace

bytes_view user_data(const submit_sm& message) { return text_or_payload(message); }
bytes_view user_data(const deliver_sm& message) { return text_or_payload(message); }
bytes_view user_data(const submit_multi& message) { return text_or_payload(message); }
bytes_view user_data(const replace_sm& message) { return text_or_payload(message); }
bytes_view user_data(const data_sm& message) { return payload_of(message.tlvs); }

} // namespace farebox::smpp
