// TLS with a certification authority of the test's own.
#include "e2e/gateway/smsc.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace farebox;
using namespace farebox::test;

namespace {

template <class T, void (*Free)(T*)>
struct freed {
  void operator()(T* object) const { Free(object); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY, EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed<X509, X509_free>>;

struct identity {
  key_ptr key{EVP_EC_gen("P-256")};
  certificate_ptr certificate{X509_new()};
};

void add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  REQUIRE(extension);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signed by `issuer`, or by itself as a certification authority.
identity make_identity(const char* common_name, const char* host, const identity* issuer) {
  identity made;
  auto* x = made.certificate.get();
  X509_set_version(x, 2);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3'600);
  X509_set_pubkey(x, made.key.get());
  auto* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer->certificate.get()) : name);
  if (issuer) add_extension(x, NID_subject_alt_name, host);
  else add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
  REQUIRE(X509_sign(x, issuer ? issuer->key.get() : made.key.get(), EVP_sha256()) > 0);
  return made;
}

std::string pem_of(X509* certificate) {
  auto* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

// An authority, its file, and a server of 127.0.0.1 called sms.example.
struct certificates {
  identity authority = make_identity("Test CA", nullptr, nullptr);
  identity server = make_identity("sms.example", "DNS:sms.example", &authority);
  std::string ca_file;
  asio::ssl::context context{asio::ssl::context::tls_server};

  certificates() {
    ca_file = (std::filesystem::temp_directory_path() /
               ("farebox_test_ca_" + std::to_string(::getpid()) + ".pem"))
                  .string();
    std::ofstream(ca_file) << pem_of(authority.certificate.get());
    SSL_CTX_use_certificate(context.native_handle(), server.certificate.get());
    SSL_CTX_use_PrivateKey(context.native_handle(), server.key.get());
  }
  ~certificates() { std::filesystem::remove(ca_file); }
};

gateway::tls_settings tls_of(const std::string& ca_file, const std::string& name) {
  gateway::tls_settings tls;
  tls.enabled = true;
  tls.ca_file = ca_file;
  tls.server_name = name;
  return tls;
}

} // namespace

TEST_CASE("a bind over TLS carries messages both ways") {
  // Goal: chain and name are good. Method: MO, answer, submit.
  certificates good;
  smsc peer(&good.context);
  world here;
  here.add_bind("trx", {peer.port()}).tls = tls_of(good.ca_file, "sms.example");
  here.start();
  here.writer.take<connection_opened>();
  peer.deliver(1, "79121234567", "hello");
  const auto mo = here.writer.take<mo_arrived>();
  here.acknowledge(mo.answer_to, 7);
  CHECK(peer.answers.take().status == smpp::command_status::ESME_ROK);
  here.reserve_and_send(8);
  CHECK(here.writer.take<submit_answered>().status == 0);
}

TEST_CASE("a bind over TLS refuses whom it cannot verify, and never falls back") {
  // Goal: no bind, and so no password, for the wrong peer. Method: table of name, authority, TLS at
  // the peer and its oldest version; expected words of the error.
  certificates good, other;
  struct row {
    const char* what;
    const char* name;
    const std::string& ca_file;
    bool peer_has_tls;
    int version_max;
    const char* error;
  };
  for (const auto& row : {
           row{"wrong name", "other.example", good.ca_file, true, 0, "TLS"},
           row{"wrong name: an address", "127.0.0.1", good.ca_file, true, 0, "TLS"},
           row{"unknown authority", "sms.example", other.ca_file, true, 0, "TLS"},
           row{"old TLS", "sms.example", good.ca_file, true, TLS1_1_VERSION, "TLS"},
           row{"no TLS", "sms.example", good.ca_file, false, 0, "TLS"},
       }) {
    INFO(row.what);
    SSL_CTX_set_max_proto_version(good.context.native_handle(), row.version_max);
    smsc peer(row.peer_has_tls ? &good.context : nullptr);
    world here;
    here.add_bind("trx", {peer.port()}).tls = tls_of(row.ca_file, row.name);
    here.start();
    const auto until = std::chrono::steady_clock::now() + patience;
    while (here.status().last_error.empty() && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    CHECK(here.status().last_error.find(row.error) == 0);
    CHECK(peer.binds.size() == 0);
    CHECK_FALSE(here.writer.take_if<connection_opened>(milliseconds(100)).has_value());
  }
}

TEST_CASE("certificates that cannot be read end the start") {
  // Goal: a mistake of the configuration is not found at the first reconnect. Method: no file.
  world here;
  here.add_bind("trx", {1}).tls = tls_of("/nonexistent/ca.pem", "sms.example");
  CHECK_THROWS_WITH_AS(here.start(), doctest::Contains("/nonexistent/ca.pem"), std::runtime_error);
}
