#include <array>
#include <string>
#include <utility>

#include "formats/protobuf_source.h"

// Common types that schemas import without bringing them along: names, numbers and types of their fields.
namespace loom::formats {
namespace {

using GoogleType = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kGoogleTypeFolder = "google/type/";

#define LOOM_GOOGLE_TYPE(text) "syntax = \"proto3\"; package google.type; " text

constexpr std::array kGoogleTypes{
    GoogleType{"calendar_period.proto", LOOM_GOOGLE_TYPE(R"(enum CalendarPeriod { CALENDAR_PERIOD_UNSPECIFIED = 0;
        DAY = 1; WEEK = 2; FORTNIGHT = 3; MONTH = 4; QUARTER = 5; HALF = 6; YEAR = 7; })")},
    GoogleType{"color.proto", LOOM_GOOGLE_TYPE(R"(import "google/protobuf/wrappers.proto";
        message Color { float red = 1; float green = 2; float blue = 3; google.protobuf.FloatValue alpha = 4; })")},
    GoogleType{"date.proto", LOOM_GOOGLE_TYPE("message Date { int32 year = 1; int32 month = 2; int32 day = 3; }")},
    GoogleType{"datetime.proto", LOOM_GOOGLE_TYPE(R"(import "google/protobuf/duration.proto";
        message DateTime { int32 year = 1; int32 month = 2; int32 day = 3; int32 hours = 4; int32 minutes = 5;
          int32 seconds = 6; int32 nanos = 7;
          oneof time_offset { google.protobuf.Duration utc_offset = 8; TimeZone time_zone = 9; } }
        message TimeZone { string id = 1; string version = 2; })")},
    GoogleType{"dayofweek.proto", LOOM_GOOGLE_TYPE(R"(enum DayOfWeek { DAY_OF_WEEK_UNSPECIFIED = 0; MONDAY = 1;
        TUESDAY = 2; WEDNESDAY = 3; THURSDAY = 4; FRIDAY = 5; SATURDAY = 6; SUNDAY = 7; })")},
    GoogleType{"decimal.proto", LOOM_GOOGLE_TYPE("message Decimal { string value = 1; }")},
    GoogleType{"expr.proto", LOOM_GOOGLE_TYPE(R"(message Expr { string expression = 1; string title = 2;
        string description = 3; string location = 4; })")},
    GoogleType{"fraction.proto", LOOM_GOOGLE_TYPE("message Fraction { int64 numerator = 1; int64 denominator = 2; }")},
    GoogleType{"interval.proto", LOOM_GOOGLE_TYPE(R"(import "google/protobuf/timestamp.proto";
        message Interval { google.protobuf.Timestamp start_time = 1; google.protobuf.Timestamp end_time = 2; })")},
    GoogleType{"latlng.proto", LOOM_GOOGLE_TYPE("message LatLng { double latitude = 1; double longitude = 2; }")},
    GoogleType{"localized_text.proto",
               LOOM_GOOGLE_TYPE("message LocalizedText { string text = 1; string language_code = 2; }")},
    GoogleType{"money.proto",
               LOOM_GOOGLE_TYPE("message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; }")},
    GoogleType{"month.proto", LOOM_GOOGLE_TYPE(R"(enum Month { MONTH_UNSPECIFIED = 0; JANUARY = 1; FEBRUARY = 2;
        MARCH = 3; APRIL = 4; MAY = 5; JUNE = 6; JULY = 7; AUGUST = 8; SEPTEMBER = 9; OCTOBER = 10; NOVEMBER = 11;
        DECEMBER = 12; })")},
    GoogleType{"phone_number.proto", LOOM_GOOGLE_TYPE(R"(message PhoneNumber {
        message ShortCode { string region_code = 1; string number = 2; }
        oneof kind { string e164_number = 1; ShortCode short_code = 2; } string extension = 3; })")},
    GoogleType{"postal_address.proto", LOOM_GOOGLE_TYPE(R"(message PostalAddress { int32 revision = 1;
        string region_code = 2; string language_code = 3; string postal_code = 4; string sorting_code = 5;
        string administrative_area = 6; string locality = 7; string sublocality = 8;
        repeated string address_lines = 9; repeated string recipients = 10; string organization = 11; })")},
    GoogleType{"quaternion.proto",
               LOOM_GOOGLE_TYPE("message Quaternion { double x = 1; double y = 2; double z = 3; double w = 4; }")},
    GoogleType{"timeofday.proto", LOOM_GOOGLE_TYPE(R"(message TimeOfDay { int32 hours = 1; int32 minutes = 2;
        int32 seconds = 3; int32 nanos = 4; })")},
};

#undef LOOM_GOOGLE_TYPE

}  // namespace

std::string_view google_type_text(std::string_view path) {
  if (!path.starts_with(kGoogleTypeFolder)) return {};
  path.remove_prefix(kGoogleTypeFolder.size());
  for (const auto& [name, text] : kGoogleTypes) {
    if (name == path) return text;
  }
  return {};
}

}  // namespace loom::formats
