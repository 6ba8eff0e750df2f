#pragma once

#include "base/byte_buffer.h"
#include "decode/plain_form.h"
#include "decode/values.h"
#include "encode/binary_field.h"
#include "encode/convert.h"
#include "encode/direct.h"
#include "encode/nested_list.h"
#include "encode/text_field.h"
#include "mapping/plan.h"

namespace loom::encode {

/// One column's way from a JSON value to a field of COPY, chosen once from the column's type and the mapping.
/// Immutable.
class ColumnCodec {
 public:
  /// `binary`: the form of COPY.
  ColumnCodec(const mapping::PlanColumn& column, bool binary);

  /// Appends the field of a value that is there. `values` holds the elements of its list, if it is one.
  /// Fails: says how, and leaves `out` as it was.
  Conversion append(const decode::Value& value, const decode::Values& values, Scratch& scratch, ByteBuffer& out) const {
    if (!is_plain_) [[unlikely]]
      return append_special(value, values, scratch, out);
    return append_scalar(value, scratch, out);
  }

  void append_null(ByteBuffer& out) const;
  /// The instant as a value of this column. Fails: false where it cannot be one.
  bool append_instant(std::int64_t us_since_1970, const decode::Values& values, Scratch& scratch,
                      ByteBuffer& out) const;
  /// The table's own constant default.
  void append_constant(const mapping::ColumnInfo& info, ByteBuffer& out) const;

  /// Whether a list's elements are needed one by one.
  [[nodiscard]] bool wants_elements() const { return is_array_; }
  /// Whether the JSON text of lists and objects is needed.
  [[nodiscard]] bool wants_json() const { return takes_json_; }

 private:
  Conversion append_scalar(const decode::Value& value, Scratch& scratch, ByteBuffer& out) const {
    Scalar scalar;  // NOLINT(cppcoreguidelines-pro-type-member-init): each conversion sets what its writer reads
    const Conversion done = convert(value, scratch, scalar);
    if (done != Conversion::ok) return done;
    if (write_binary_ != nullptr) {
      write_binary_(scalar, out);
    } else {
      append_plain(scalar, scratch, out);
    }
    return done;
  }
  Conversion convert(const decode::Value& value, Scratch& scratch, Scalar& out) const {
    if (!value.typed()) return convert_(value, scratch, out);
    if (const Direct direct = (*direct_)[static_cast<std::size_t>(value.kind)]) return direct(value, out);
    return convert_plain(value, scratch, out);
  }
  /// Of a typed value that has no way of its own into the column.
  Conversion convert_plain(const decode::Value& value, Scratch& scratch, Scalar& out) const;
  /// A list, or a value whose conversion asks for the column's parameters: the fields that are not plain.
  Conversion append_special(const decode::Value& value, const decode::Values& values, Scratch& scratch,
                            ByteBuffer& out) const;
  Conversion append_array(const decode::Value& value, const decode::Values& values, Scratch& scratch,
                          ByteBuffer& out) const;
  Conversion append_nested(std::string_view list, Scratch& scratch, ByteBuffer& out) const;
  Conversion append_binary_dimensions(const Dimensions& dimensions, Scratch& scratch, ByteBuffer& out) const;
  Conversion append_text_dimensions(const Dimensions& dimensions, Scratch& scratch, ByteBuffer& out) const;
  Conversion append_text_element(const decode::Value& element, Scratch& scratch) const;
  Conversion append_binary_array(const decode::Value* elements, std::uint32_t count, Scratch& scratch,
                                 ByteBuffer& out) const;
  Conversion append_text_array(const decode::Value* elements, std::uint32_t count, Scratch& scratch,
                               ByteBuffer& out) const;
  void append_plain(const Scalar& scalar, Scratch& scratch, ByteBuffer& out) const;

  Convert convert_;  ///< of values as JSON has them
  const DirectTable* direct_;
  decode::PlainWish plain_;
  WriteBinary write_binary_;  ///< nullptr: text form
  WritePlain write_plain_;
  bool is_plain_;  ///< neither an array nor with parameters
  bool is_array_;
  bool only_lists_;    ///< float_array: one value is not a list of one, and nulls are dropped
  bool only_numbers_;  ///< float_array into a column that would take other elements too
  bool takes_json_;    ///< lists and objects have a form there
  bool takes_text_;    ///< of elements: whatever comes has a form as text
  bool takes_lists_;   ///< a list in a list is an element's value, not a dimension
  char delimiter_;     ///< between the elements of an array in text form
  std::uint32_t element_oid_;
  mapping::TypeParameters parameters_;
  std::int32_t numeric_modifier_;  ///< -1: it limits nothing
};

}  // namespace loom::encode
