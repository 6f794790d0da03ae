// The instruction sets that were compiled in and that this processor has, best first.
#pragma once

#include <string>
#include <vector>

#include "program.hpp"

namespace clearprop {

std::vector<std::string> instruction_sets();
const Kernels* kernels_named(const std::string& isa);  // null if there are none

}  // namespace clearprop
