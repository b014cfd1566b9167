#include "farebox/base/bytes.hpp"

#include "farebox/base/byte_reader.hpp"
#include "farebox/base/byte_writer.hpp"

#include <doctest/doctest.h>

using namespace farebox;

TEST_CASE("hexadecimal") {
  // Goal: both directions; anything else is refused. Method: text; octets shown again last.
  struct row {
    std::string_view text;
    bool is_taken;
    std::string_view shown;
  };
  const row rows[] = {{"", true, ""},       {"00ff", true, "00ff"}, {"0aF9", true, "0af9"},
                      {"0", false, ""},     {"0g", false, ""},      {" 00", false, ""},
                      {"00 ", false, ""},   {"0x00", false, ""},    {"000", false, ""}};
  for (const auto& [text, is_taken, shown] : rows) {
    bytes out{1, 2, 3};
    CHECK(from_hex(text, out) == is_taken);
    if (is_taken) CHECK(to_hex(out) == shown);
  }
  CHECK(as_text(as_bytes("abc")) == "abc");
}

TEST_CASE("numbers on the wire") {
  // Goal: big-endian; one octet less is an error that moves nothing. Method: write, read, and read
  // from buffers of every smaller size.
  bytes data;
  byte_writer out(data);
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090A0B0C0D0E0F);
  out.octets(bytes{0x10, 0x11});
  CHECK(to_hex(data) == "0102030405060708090a0b0c0d0e0f1011");
  CHECK(out.size() == 17);
  CHECK(out.ok());
  for (std::size_t size = 0; size <= data.size(); ++size) {
    const bytes cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size));
    byte_reader in(cut);
    const auto a = in.u8();
    const auto b = in.u16();
    const auto c = in.u32();
    const auto d = in.u64();
    const auto e = in.octets(2);
    const bool whole = size == data.size();
    CHECK(in.ok() == whole);
    CHECK(in.error() == (whole ? read_error::none : read_error::too_short));
    CHECK(a == (size >= 1 ? 0x01 : 0));
    CHECK(b == (size >= 3 ? 0x0203 : 0));
    CHECK(c == (size >= 7 ? 0x04050607u : 0u));
    CHECK(d == (size >= 15 ? 0x08090A0B0C0D0E0Fu : 0u));
    CHECK(e.size() == (whole ? 2u : 0u));
    const std::size_t fields[] = {0, 1, 3, 7, 15, 17};
    std::size_t failed_at = 0;
    for (const auto start : fields)
      if (start <= size) failed_at = start;
    CHECK(in.position() == failed_at);
  }
}

TEST_CASE("the first error sticks") {
  // Goal: after an error nothing is read and the error stays. Method: a field too many, then one
  // that would fit.
  const bytes data{1, 2};
  byte_reader in(data);
  CHECK(in.u32() == 0);
  CHECK(in.u8() == 0);
  CHECK(in.c_string(5).empty());
  CHECK(in.octets(0).empty());
  CHECK(in.error() == read_error::too_short);
  CHECK(in.position() == 0);
  CHECK(in.remaining() == 2);
  CHECK(in.rest().size() == 2);
  CHECK(name_of(in.error()) == "too short");
  CHECK(name_of(read_error::none) == "none");
  CHECK(name_of(read_error::no_terminator) == "no terminating NUL");
  CHECK(name_of(read_error::string_too_long) == "string too long");
}

TEST_CASE("C-octet strings") {
  // Goal: the NUL counts for the limit, must be there, and is not part of the text. Method: octets
  // and limit; text and error last; then the same text written.
  struct row {
    bytes data;
    std::size_t size_max;
    std::string_view text;
    read_error error;
  };
  const row rows[] = {
      {{0}, 1, "", read_error::none},
      {{0}, 0, "", read_error::string_too_long},
      {{'a', 0}, 2, "a", read_error::none},
      {{'a', 0}, 1, "", read_error::string_too_long},
      {{'a', 0, 'b'}, 9, "a", read_error::none},
      {{'a', 'b'}, 2, "", read_error::no_terminator},
      {{'a', 'b'}, 9, "", read_error::no_terminator},
      {{}, 5, "", read_error::no_terminator},
      {{'a', 'b', 'c', 0}, 4, "abc", read_error::none},
      {{'a', 'b', 'c', 0}, 3, "", read_error::string_too_long},
  };
  for (const auto& [data, size_max, text, error] : rows) {
    CAPTURE(to_hex(data));
    CAPTURE(size_max);
    byte_reader in(data);
    CHECK(in.c_string(size_max) == text);
    CHECK(name_of(in.error()) == name_of(error));
    CHECK(in.position() == (error == read_error::none ? text.size() + 1 : 0));
  }
  struct written {
    std::string_view text;
    std::size_t size_max;
    std::string_view hex;
    bool ok;
  };
  const written writes[] = {{"", 1, "00", true},
                            {"", 0, "", false},
                            {"ab", 3, "616200", true},
                            {"ab", 2, "", false},
                            {std::string_view("a\0b", 3), 9, "", false}};
  for (const auto& [text, size_max, hex, ok] : writes) {
    bytes data;
    byte_writer out(data);
    out.c_string(text, size_max);
    CHECK(out.ok() == ok);
    CHECK(to_hex(data) == hex);
    out.u8(7);
    CHECK(out.ok() == ok); // the error sticks
  }
}

TEST_CASE("a length known at the end") {
  bytes data{9};
  byte_writer out(data);
  out.u32(0);
  out.u8(5);
  out.patch_u32(1, 0x01020304);
  CHECK(to_hex(data) == "090102030405");
}
