#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "decode/value.h"

namespace loom::encode {

/// The values of `absent_values`: a field that holds one of them counts as not there.
/// Threads: any, once made.
class AbsentValues {
 public:
  /// Each is a JSON scalar.
  explicit AbsentValues(const std::vector<std::string>& json);

  [[nodiscard]] bool empty() const { return empty_; }
  /// Strings by their letters, numbers by their value (-999 is -999.0), booleans; never a list or an object.
  [[nodiscard]] bool operator()(const decode::Value& value) const;

 private:
  std::vector<std::string> strings_;
  std::vector<std::string> numbers_;  ///< as JSON has them
  bool empty_ = true;                 ///< asked for every message
  bool on_true_ = false;
  bool on_false_ = false;
};

/// Whether two JSON numbers are equal, however long and however written: 1e2 and 100.0 are.
bool same_number(std::string_view a, std::string_view b);

}  // namespace loom::encode
