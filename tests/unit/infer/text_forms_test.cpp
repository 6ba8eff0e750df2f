#include "infer/text_forms.h"

#include <gtest/gtest.h>

#include <string>

namespace loom::infer {
namespace {

void is_only(TextForm form, const std::string& text) {
  EXPECT_EQ(forms_of(text), TextFormSet().set(static_cast<std::size_t>(form))) << text;
}

TEST(TextForms, EachIsKnown) {
  is_only(TextForm::timestamp, "2024-05-06T07:08:09.123Z");
  is_only(TextForm::timestamp, "2024-05-06 07:08:09+02:00");
  is_only(TextForm::date, "2024-05-06");
  is_only(TextForm::time, "07:08:09");
  is_only(TextForm::uuid, "0f8fad5b-d9cb-469f-a165-70867728950e");
  is_only(TextForm::inet, "10.0.0.1");
  is_only(TextForm::inet, "fe80::1");
  is_only(TextForm::decimal, "-12.50");
  is_only(TextForm::integer, "42");
  is_only(TextForm::json, "{\"a\":[1]}");
  is_only(TextForm::base64, "aYHUNHvtwlsQxSqJEXRfM3Cd+zSU2NExuOzgE025");
}

TEST(TextForms, WhatOnlyLooksLikeOneIsNone) {
  for (const char* text : {"", "Ann", "2024-13-40", "2024", "20240506", "007", "007.5", "1e5", "{not json}", "12.",
                           ".5", "10.0.0.256", "25:00:00", "deadbeef", "0f8fad5b-d9cb-469f-a165"}) {
    const bool is_number = std::string(text) == "2024" || std::string(text) == "20240506";
    EXPECT_EQ(forms_of(text).any(), is_number) << text;
  }
}

}  // namespace
}  // namespace loom::infer
