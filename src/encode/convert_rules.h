#pragma once

#include "decode/parsed.h"
#include "encode/convert.h"

/// The single conversions that choose_conversion() picks from.
namespace loom::encode::rules {

using decode::Value;

inline Conversion from(decode::Parsed parsed) {
  switch (parsed) {
    case decode::Parsed::ok:
      return Conversion::ok;
    case decode::Parsed::invalid:
      return Conversion::failed;
    case decode::Parsed::out_of_range:
      return Conversion::out_of_range;
  }
  return Conversion::failed;
}

// convert_number.cpp
Conversion boolean(const Value& value, Scratch& scratch, Scalar& out);
Conversion int2(const Value& value, Scratch& scratch, Scalar& out);
Conversion int4(const Value& value, Scratch& scratch, Scalar& out);
Conversion int8(const Value& value, Scratch& scratch, Scalar& out);
Conversion float4(const Value& value, Scratch& scratch, Scalar& out);
Conversion float8(const Value& value, Scratch& scratch, Scalar& out);
Conversion numeric(const Value& value, Scratch& scratch, Scalar& out);
Conversion float_from_integer(const Value& value, Scratch& scratch, Scalar& out);
Conversion numeric_from_integer(const Value& value, Scratch& scratch, Scalar& out);
Conversion float_from_boolean(const Value& value, Scratch& scratch, Scalar& out);
Conversion numeric_from_boolean(const Value& value, Scratch& scratch, Scalar& out);

// convert_time.cpp
Conversion timestamp(const Value& value, Scratch& scratch, Scalar& out);
Conversion date(const Value& value, Scratch& scratch, Scalar& out);
Conversion time(const Value& value, Scratch& scratch, Scalar& out);

// convert_text.cpp: into text, enumerations and types that we know only by name
Conversion text(const Value& value, Scratch& scratch, Scalar& out);
Conversion text_integer(const Value& value, Scratch& scratch, Scalar& out);
Conversion text_number(const Value& value, Scratch& scratch, Scalar& out);
Conversion text_boolean(const Value& value, Scratch& scratch, Scalar& out);
Conversion text_timestamp(const Value& value, Scratch& scratch, Scalar& out);
Conversion text_json(const Value& value, Scratch& scratch, Scalar& out);
Conversion text_list(const Value& value, Scratch& scratch, Scalar& out);
Conversion text_float_list(const Value& value, Scratch& scratch, Scalar& out);
Conversion text_base64(const Value& value, Scratch& scratch, Scalar& out);

// convert_other.cpp: what has a form of its own in types that we know only by name
Conversion point(const Value& value, Scratch& scratch, Scalar& out);
Conversion cube(const Value& value, Scratch& scratch, Scalar& out);
Conversion path(const Value& value, Scratch& scratch, Scalar& out);
Conversion line(const Value& value, Scratch& scratch, Scalar& out);
Conversion circle(const Value& value, Scratch& scratch, Scalar& out);
Conversion hstore(const Value& value, Scratch& scratch, Scalar& out);
Conversion bit(const Value& value, Scratch& scratch, Scalar& out);
/// Text that holds JSON becomes that JSON.
Conversion json_parsed(const Value& value, Scratch& scratch, Scalar& out);

// convert_bytes.cpp
Conversion json(const Value& value, Scratch& scratch, Scalar& out);
Conversion json_list(const Value& value, Scratch& scratch, Scalar& out);
Conversion bytes(const Value& value, Scratch& scratch, Scalar& out);
Conversion bytes_base64(const Value& value, Scratch& scratch, Scalar& out);
Conversion bytes_json(const Value& value, Scratch& scratch, Scalar& out);
Conversion uuid(const Value& value, Scratch& scratch, Scalar& out);
Conversion inet(const Value& value, Scratch& scratch, Scalar& out);
Conversion cidr(const Value& value, Scratch& scratch, Scalar& out);

}  // namespace loom::encode::rules
