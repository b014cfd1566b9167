// Prometheus text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
#include "http/status_view.hpp"

#include "farebox/text/utf8.hpp"

#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <utility>

namespace farebox::http {

namespace {

using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : text::to_valid_utf8(value)) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

// Families one after the other: a family is announced once, then its samples follow.
class exposition {
 public:
  std::string text;

  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text += fmt::format("# HELP farebox_{} {}\n# TYPE farebox_{} {}\n", name, help, name, type);
  }

  template <class Number>
  void sample(Number value, labels with = {}, std::string_view suffix = {}) {
    text += fmt::format("farebox_{}{}", name_, suffix);
    char before = '{';
    for (const auto& [label, content] : with) {
      text += fmt::format("{}{}=\"{}\"", before, label, escaped(content));
      before = ',';
    }
    text += with.size() ? "} " : " ";
    if constexpr (std::is_floating_point_v<Number>)
      text += std::isfinite(value) ? fmt::format("{:.6g}\n", value) : "NaN\n";
    else text += fmt::format("{}\n", value);
  }

  template <class Number>
  void one(std::string_view name, std::string_view type, std::string_view help, Number value) {
    family(name, type, help);
    sample(value);
  }

 private:
  std::string_view name_;
};

void add_process(exposition& out, const status_snapshot& s) {
  out.family("build_info", "gauge", "The version that runs.");
  out.sample(1, {{"version", s.version}});
  out.one("start_time_seconds", "gauge", "Start of the process, seconds since 1970.",
          std::chrono::duration_cast<seconds>(s.started_at.time_since_epoch()).count());
  out.one("ready", "gauge", "1 if messages are taken, as /readyz says.", s.ready ? 1 : 0);
}

void add_flow(exposition& out, const flow_status& f) {
  const auto total = [&](std::string_view name, std::string_view help, const flow_count& count) {
    out.one(name, "counter", help, count.total);
  };
  total("messages_received_total", "Messages of phones read from a link.", f.received);
  total("messages_acked_total", "Messages acknowledged after their commit.", f.acked);
  total("messages_refused_total", "Messages answered with a status to try again.", f.refused);
  total("bills_total", "Bills posted.", f.billed);
  total("replies_accepted_total", "Replies accepted by an SMSC.", f.replied);
  total("replies_delivered_total", "Replies that a receipt says were delivered.", f.delivered);
}

void add_latency(exposition& out, const histogram_status& h) {
  out.family("ack_latency_seconds", "histogram",
             "From a message's last octet to its acknowledgement.");
  for (std::size_t i = 0; i < h.bounds.size() && i < h.counts.size(); ++i)
    out.sample(h.counts[i], {{"le", fmt::format("{:.6g}", h.bounds[i])}}, "_bucket");
  out.sample(h.count, {{"le", "+Inf"}}, "_bucket");
  out.sample(h.sum, {}, "_sum");
  out.sample(h.count, {}, "_count");
}

void add_queues(exposition& out, const status_snapshot& s) {
  out.one("writer_queue_events", "gauge", "Events that wait for the writer.", s.writer_queue);
  out.one("writer_queue_limit", "gauge", "Events at which the queue is full.",
          s.writer_queue_limit);
  out.family("outbox_replies", "gauge", "Replies that wait for an SMSC's answer.");
  for (const auto& box : s.outboxes) out.sample(box.waiting, {{"operator", box.op}});
  out.family("outbox_limit", "gauge", "Replies at which the outbox is full.");
  for (const auto& box : s.outboxes) out.sample(box.limit, {{"operator", box.op}});
}

void add_store(exposition& out, const store_status& s) {
  out.one("store_wal_bytes", "gauge", "Size of the write-ahead log.", s.wal_bytes);
  out.one("store_commits_total", "counter", "Batches committed.", s.commits);
  out.one("store_last_commit_seconds", "gauge", "Duration of the last commit.",
          static_cast<double>(s.commit_us_last) / 1e6);
  out.one("store_last_batch_events", "gauge", "Events in the last batch.", s.batch_size_last);
}

void add_binds(exposition& out, const status_snapshot& s) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                        auto value_of) {
    out.family(name, type, help);
    for (const auto& bind : s.binds)
      out.sample(value_of(bind), {{"operator", bind.op}, {"bind", bind.name}});
  };
  using bind = const bind_status&;
  each("bind_up", "gauge", "1 if the bind is bound.", [](bind b) { return b.up ? 1 : 0; });
  each("bind_throttled", "gauge", "1 if the SMSC asked to slow down.",
       [](bind b) { return b.throttled ? 1 : 0; });
  each("bind_window_used", "gauge", "Requests without answer.",
       [](bind b) { return b.window_used; });
  each("bind_window_size", "gauge", "Requests that may be without answer.",
       [](bind b) { return b.window_size; });
  each("bind_messages_total", "counter", "Messages of phones received.",
       [](bind b) { return b.messages; });
  each("bind_receipts_total", "counter", "Delivery receipts received.",
       [](bind b) { return b.receipts; });
  each("bind_submits_total", "counter", "Submits written.", [](bind b) { return b.submits; });
  each("bind_refusals_total", "counter", "Submits with a negative answer.",
       [](bind b) { return b.refusals; });
  each("bind_reconnects_total", "counter", "Connections made after the first.",
       [](bind b) { return b.reconnects; });
}

} // namespace

response metrics(const status_snapshot& status) {
  exposition out;
  add_process(out, status);
  add_flow(out, status.flow);
  add_latency(out, status.ack_latency);
  add_queues(out, status);
  add_store(out, status.store);
  add_binds(out, status);
  response answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = std::move(out.text);
  return answer;
}

} // namespace farebox::http
