#include "http/status_view.hpp"

#include "farebox/http/limits.hpp"

#include "pages.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace farebox::http {

namespace {

// A rate to two decimals; what is not a number would not be JSON either.
double rounded(double value) { return std::isfinite(value) ? std::round(value * 100) / 100 : 0; }

json::object count_json(const flow_count& count) {
  return {{"total", count.total}, {"per_second", rounded(count.rate)}};
}

// Cumulative since the start, like the metrics: whoever asks twice can subtract.
json::object latency_json(const histogram_status& h) {
  const auto size = std::min(h.bounds.size(), h.counts.size());
  return {{"bounds", json::array(h.bounds.begin(), h.bounds.begin() + std::ptrdiff_t(size))},
          {"counts", json::array(h.counts.begin(), h.counts.begin() + std::ptrdiff_t(size))},
          {"count", h.count},
          {"sum_seconds", h.sum}};
}

json::object bind_json(const bind_status& bind) {
  return {{"operator", text_of(bind.op)},
          {"bind", text_of(bind.name)},
          {"role", text_of(bind.role)},
          {"state", text_of(bind.state)},
          {"up", bind.up},
          {"since", time_of(bind.since)},
          {"peer", text_of(bind.peer)},
          {"window", json::object{{"used", bind.window_used}, {"size", bind.window_size}}},
          {"in_per_second", rounded(bind.rate_in)},
          {"out_per_second", rounded(bind.rate_out)},
          {"throttled", bind.throttled},
          {"last_error", text_of(bind.last_error)},
          {"totals", json::object{{"messages", bind.messages},
                                  {"receipts", bind.receipts},
                                  {"submits", bind.submits},
                                  {"refusals", bind.refusals},
                                  {"reconnects", bind.reconnects}}}};
}

} // namespace

json::array binds_json(const status_snapshot& status) {
  json::array binds;
  for (const auto& bind : status.binds) binds.push_back(bind_json(bind));
  return binds;
}

json::object status_json(const status_snapshot& status) {
  json::array outboxes, alarms;
  for (const auto& box : status.outboxes)
    outboxes.push_back(json::object{
        {"operator", text_of(box.op)}, {"waiting", box.waiting}, {"limit", box.limit}});
  for (const auto& alarm : status.alarms) {
    if (alarms.size() == limits::alarms_shown_max) break;
    alarms.push_back(json::object{{"at", time_of(alarm.at)}, {"what", text_of(alarm.what)}});
  }
  const auto uptime = std::chrono::duration_cast<seconds>(status.now - status.started_at);
  json::object flow{{"received", count_json(status.flow.received)},
                    {"acked", count_json(status.flow.acked)},
                    {"refused", count_json(status.flow.refused)},
                    {"billed", count_json(status.flow.billed)},
                    {"replied", count_json(status.flow.replied)},
                    {"delivered", count_json(status.flow.delivered)}};
  json::object queues{
      {"writer", json::object{{"waiting", status.writer_queue},
                              {"limit", status.writer_queue_limit}}},
      {"outboxes", std::move(outboxes)}};
  json::object store{{"wal_bytes", status.store.wal_bytes},
                     {"commits", status.store.commits},
                     {"last_commit_us", status.store.commit_us_last},
                     {"last_batch_events", status.store.batch_size_last}};
  return {{"version", text_of(status.version)},
          {"now", time_of(status.now)},
          {"uptime_seconds", uptime.count()},
          {"ready", status.ready},
          {"not_ready_reason", text_of(status.not_ready_reason)},
          {"flow", std::move(flow)},
          {"ack_latency", latency_json(status.ack_latency)},
          {"queues", std::move(queues)},
          {"store", std::move(store)},
          {"binds", binds_json(status)},
          {"alarms", std::move(alarms)}};
}

namespace {

std::string replaced(std::string text, std::string_view mark, std::string_view with) {
  const auto at = text.find(mark);
  return at == text.npos ? text : text.replace(at, mark.size(), with);
}

// The source expression that allows exactly this inline script or style (CSP level 2).
std::string csp_hash(std::string_view text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size());
  std::array<char, sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES,
                                             sodium_base64_VARIANT_ORIGINAL)> base64{};
  sodium_bin2base64(base64.data(), base64.size(), digest.data(), digest.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  return std::string("'sha256-") + base64.data() + "'";
}

} // namespace

response status_page(const status_snapshot& status) {
  // The marks stand in a page of ours, in this order, and the snapshot goes in last: nothing that
  // it holds is taken for a mark.
  auto body = replaced(std::string(pages::status_html), "/*style*/", pages::status_css);
  body = replaced(std::move(body), "/*script*/", pages::status_js);
  body = replaced(std::move(body), "/*snapshot*/", json_for_html(status_json(status)));
  response out;
  out.content_type = "text/html; charset=utf-8";
  out.body = std::move(body);
  out.fields.emplace_back("Content-Security-Policy",
                          "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; "
                          "form-action 'none'; frame-ancestors 'none'; script-src " +
                              csp_hash(pages::status_js) + "; style-src " +
                              csp_hash(pages::status_css));
  return out;
}

bool prefers_html(std::string_view accept) {
  // The quality of a media range, -1 if it does not occur. Wildcards mean "anything": JSON then.
  const auto quality = [&](std::string_view type) {
    const auto at = accept.find(type);
    if (at == accept.npos) return -1.0;
    auto rest = accept.substr(at + type.size());
    rest = rest.substr(0, rest.find(','));
    const auto q = rest.find("q=");
    if (q == rest.npos) return 1.0;
    double value = 0;
    std::from_chars(rest.data() + q + 2, rest.data() + rest.size(), value);
    return value;
  };
  const auto html = quality("text/html");
  return html > 0 && html > quality("application/json");
}

} // namespace farebox::http
