// Every member of a row has a column: a member that is added to a row and forgotten in its table
// fails here, as the number of members is counted by the compiler.
#include "store/sqlite/tables.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace farebox;
using namespace farebox::store;

// Outside the unnamed namespace: it is converted in unevaluated expressions only, never defined.
struct anything {
  template <class T>
  operator T() const;
};

namespace {

template <class Row, std::size_t... N>
constexpr bool has_members(std::index_sequence<N...>) {
  return requires { Row{((void)N, anything{})...}; };
}

template <class Row, std::size_t N = 40>
constexpr std::size_t member_count() {
  if constexpr (has_members<Row>(std::make_index_sequence<N>())) return N;
  else return member_count<Row, N - 1>();
}

template <class Row>
std::size_t column_count() {
  const auto columns = columns_of<Row>();
  return 1 + static_cast<std::size_t>(std::count(columns.begin(), columns.end(), ','));
}

template <class Row>
std::size_t visited_count() {
  std::size_t count = 0;
  Row row{};
  table<Row>::visit(row, [&](auto&&... members) { count = sizeof...(members); });
  return count;
}

// `extra`: columns without a member (hour of an attempt), members in columns of their own (a split
// is one member and five columns), less members in other tables (settings, TLVs).
template <class Row>
void check(int extra) {
  CAPTURE(table<Row>::name);
  CHECK(column_count<Row>() == visited_count<Row>());
  CHECK(static_cast<int>(column_count<Row>()) ==
        static_cast<int>(member_count<Row>()) + extra);
}

} // namespace

TEST_CASE("columns, what is visited and members agree in number") {
  check<connection_row>(0);
  check<message_row>(0);
  check<part_row>(0);
  check<part_set_row>(0);
  check<bill_row>(4);
  check<reply_row>(0);
  check<attempt_row>(1);
  check<orphan_row>(0);
  check<doubt_row>(0);
  check<fact_row>(2);
  check<chain_head>(0);
  check<partner>(0);
  check<service>(-2);
  check<tariff>(6);
  check<terms>(0);
  check<token_row>(0);
  CHECK(column_count<charge_row>() == visited_count<charge_row>());
  CHECK(column_count<counted>() == visited_count<counted>());
}
