#pragma once

#include <string>

namespace loom::capacity {

/// Numbers as a person reads them. Pure.
std::string grouped(double number);    ///< 1,234,567; below ten with decimals: 0.25
std::string bytes_text(double bytes);  ///< 12.3 GB, by powers of 1,000

}  // namespace loom::capacity
