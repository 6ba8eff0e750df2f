#pragma once

#include "decode/parsed.h"
#include "encode/convert.h"

/// The single conversions that choose_conversion() picks from.
namespace loom::encode::rules {

using decode::JsonValue;

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
Conversion boolean(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion int2(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion int4(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion int8(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion float4(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion float8(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion numeric(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion float_from_integer(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion numeric_from_integer(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion float_from_boolean(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion numeric_from_boolean(const JsonValue& value, Scratch& scratch, Scalar& out);

// convert_time.cpp
Conversion timestamp(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion date(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion time(const JsonValue& value, Scratch& scratch, Scalar& out);

// convert_text.cpp: into text, enumerations and types that we know only by name
Conversion text(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion text_integer(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion text_number(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion text_boolean(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion text_timestamp(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion text_json(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion text_list(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion text_float_list(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion text_base64(const JsonValue& value, Scratch& scratch, Scalar& out);

// convert_other.cpp: what has a form of its own in types that we know only by name
Conversion point(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion cube(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion path(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion line(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion circle(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion hstore(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion bit(const JsonValue& value, Scratch& scratch, Scalar& out);
/// Text that holds JSON becomes that JSON.
Conversion json_parsed(const JsonValue& value, Scratch& scratch, Scalar& out);

// convert_bytes.cpp
Conversion json(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion json_list(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion bytes(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion bytes_base64(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion bytes_json(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion uuid(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion inet(const JsonValue& value, Scratch& scratch, Scalar& out);
Conversion cidr(const JsonValue& value, Scratch& scratch, Scalar& out);

}  // namespace loom::encode::rules
