// The status of the process for programs, for people and for Prometheus.
#pragma once

#include "farebox/http/message.hpp"
#include "farebox/http/status.hpp"
#include "http/json.hpp"

#include <string>
#include <string_view>

namespace farebox::http {

json::object status_json(const status_snapshot& status);
json::array binds_json(const status_snapshot& status);

// The page with the snapshot inside it: it shows something at once, and then keeps itself fresh.
response status_page(const status_snapshot& status);

// Text format 0.0.4.
response metrics(const status_snapshot& status);

// Whether Accept asks for HTML more than for JSON (RFC 9110 12.5.1; the plainest reading).
bool prefers_html(std::string_view accept);

} // namespace farebox::http
