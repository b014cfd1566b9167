// Counts what a target allocates, to see that memory follows the octets that are there and not what
// a length claims. It replaces operator new: for the one source file of a program.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace farebox::fuzz {

inline std::size_t allocated = 0; // octets, since the program began; what was freed stays counted

} // namespace farebox::fuzz

void* operator new(std::size_t size) {
  farebox::fuzz::allocated += size;
  if (void* room = std::malloc(size)) return room;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { // std::stable_sort's way
  farebox::fuzz::allocated += size;
  return std::malloc(size);
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }
