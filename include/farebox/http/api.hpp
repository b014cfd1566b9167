// The endpoints: a request, the time, rows and replies in; a response out. docs/api.md is what it
// promises to others.
#pragma once

#include "farebox/http/message.hpp"
#include "farebox/http/ports.hpp"
#include "farebox/http/status.hpp"
#include "farebox/http/tokens.hpp"
#include "farebox/model/catalogue.hpp"
#include "farebox/store/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>

namespace farebox::http {

// Functions are called from any HTTP thread; the references outlive the api.
struct api_ports {
  std::function<catalogue_ptr()> catalogue;
  std::function<status_snapshot()> status;
  std::function<utc_time()> now;
  std::function<digest256()> random; // for new tokens
  token_directory& tokens;
  writer_port& writer;
  admin_port& links;
};

// Thread-safe: the state of a request is its own, except for ids that are just being given out.
class api {
 public:
  explicit api(api_ports ports);
  ~api();

  // `reader` belongs to the calling thread and is used before this returns. `answer` is called
  // once: at once, or later from another thread when the writer or a link has answered.
  void handle(const request& what, store::reader& reader, respond answer);

  struct state;

 private:
  std::shared_ptr<state> state_;
};

// The lowest partner ID that is neither in the catalogue nor among `taken`; nullopt if all are.
std::optional<partner_id> next_partner_id(const catalogue& known,
                                          const std::set<partner_id>& taken = {});

} // namespace farebox::http
