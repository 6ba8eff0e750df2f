#include "registry/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace loom::registry {
namespace transfer {
namespace {

constexpr int kRedirectsMax = 3;
constexpr std::chrono::seconds kRetryAfterMax{30};

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using List = std::unique_ptr<curl_slist, FreeList>;

/// Once for the process; libcurl counts the calls and never needs to be taken down.
bool library_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

/// Scheme, host and port: who gets the password with a request.
std::string origin_of(const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parts(curl_url());
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
  std::string origin;
  for (const CURLUPart part : {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT}) {
    char* text = nullptr;
    if (curl_url_get(parts.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    origin.append(text).append(" ");
    curl_free(text);
  }
  std::transform(origin.begin(), origin.end(), origin.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return origin;
}

/// What to do about it, as far as libcurl's verdict tells.
std::string_view advice(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return "; is LOOM_SCHEMA_REGISTRY_URL right, and does the registry run?";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return "; set LOOM_SCHEMA_REGISTRY_CA_FILE to the certificates that it is to be checked with";
    case CURLE_SSL_CERTPROBLEM:
      return "; LOOM_SCHEMA_REGISTRY_CERT_FILE and LOOM_SCHEMA_REGISTRY_KEY_FILE have to be readable, and belong "
             "together";
    case CURLE_SSL_CONNECT_ERROR:
      return "; does the registry speak TLS at this port (https) or not (http), and does it want "
             "LOOM_SCHEMA_REGISTRY_CERT_FILE?";
    default:
      return "";
  }
}

struct Body {
  std::string bytes;
  std::size_t most = 0;
  bool too_large = false;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* into) {
  Body& body = *static_cast<Body*>(into);
  const std::size_t bytes = size * count;
  if (bytes > body.most - body.bytes.size()) {
    body.too_large = true;
    return 0;
  }
  body.bytes.append(data, bytes);
  return bytes;
}

int ask_to_stop(void* stopped, curl_off_t /*to_get*/, curl_off_t /*got*/, curl_off_t /*to_send*/, curl_off_t /*sent*/) {
  return static_cast<const std::atomic<bool>*>(stopped)->load() ? 1 : 0;
}

bool is_redirect(int status) { return status == 301 || status == 302 || status == 307 || status == 308; }

}  // namespace
}  // namespace transfer

struct Transfer::Handle {
  transfer::Easy easy{curl_easy_init()};
  transfer::List headers;
  transfer::Body body;
  std::array<char, CURL_ERROR_SIZE> error{};
  std::string redirect;  ///< where the last answer led; empty: nowhere

  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK) {
      throw std::runtime_error(fmt::format("libcurl refuses option {}", static_cast<int>(option)));
    }
  }
  void set_text(CURLoption option, const std::string& value) {
    if (!value.empty()) set(option, value.c_str());
  }
  void add_header(const char* line) {
    curl_slist* longer = curl_slist_append(headers.get(), line);
    if (longer == nullptr) throw std::bad_alloc();
    if (!headers) headers.reset(longer);
  }
};

Transfer::Transfer(const RegistrySettings& settings) : settings_(settings) {
  if (!transfer::library_is_ready()) throw std::runtime_error("libcurl cannot be set up");
  handle_ = std::make_unique<Handle>();
  Handle& handle = *handle_;
  if (!handle.easy) throw std::runtime_error("libcurl gives no handle");
  handle.body.most = settings.body_max;
  handle.add_header(
      "Accept: application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json; q=0.9, "
      "application/json; q=0.8");
  handle.add_header("Content-Type: application/vnd.schemaregistry.v1+json");
  handle.add_header("Expect:");  // a body goes along at once
  handle.set(CURLOPT_HTTPHEADER, handle.headers.get());
  handle.set(CURLOPT_USERAGENT, "kafka-to-db-consumer");
  handle.set(CURLOPT_PROTOCOLS_STR, "http,https");
  handle.set(CURLOPT_NOSIGNAL, 1L);
  handle.set(CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
  handle.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  handle.set(CURLOPT_ERRORBUFFER, handle.error.data());
  handle.set(CURLOPT_WRITEFUNCTION, &transfer::take);
  handle.set(CURLOPT_WRITEDATA, static_cast<void*>(&handle.body));
  handle.set(CURLOPT_NOPROGRESS, 0L);
  handle.set(CURLOPT_XFERINFOFUNCTION, &transfer::ask_to_stop);
  handle.set(CURLOPT_XFERINFODATA, static_cast<void*>(&stopped_));
  handle.set_text(CURLOPT_CAINFO, settings.ca_file);
  handle.set_text(CURLOPT_SSLCERT, settings.cert_file);
  handle.set_text(CURLOPT_SSLKEY, settings.key_file);
  if (!settings.token.empty()) {
    handle.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    handle.set_text(CURLOPT_XOAUTH2_BEARER, settings.token);
  } else if (!settings.user.empty()) {
    handle.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    handle.set_text(CURLOPT_USERNAME, settings.user);
    handle.set(CURLOPT_PASSWORD, settings.password.c_str());
  }
}

Transfer::~Transfer() = default;

Reply Transfer::get(const std::string& url) { return follow(url, nullptr); }
Reply Transfer::post(const std::string& url, const std::string& body) { return follow(url, &body); }

// By hand, since libcurl would follow a redirect to any server.
Reply Transfer::follow(const std::string& url, const std::string* body) {
  const auto refused = [](std::string problem) {
    Reply reply;
    reply.problem = std::move(problem);
    return reply;
  };
  std::string at = url;
  for (int redirects = 0;; ++redirects) {
    Reply reply = once(at, body);
    const bool repeats = body == nullptr || reply.status == 307 || reply.status == 308;
    if (!transfer::is_redirect(reply.status) || !repeats || handle_->redirect.empty()) return reply;
    const std::string origin = transfer::origin_of(at);
    if (origin.empty() || transfer::origin_of(handle_->redirect) != origin) {
      return refused("it redirects to another server, which is not followed; set LOOM_SCHEMA_REGISTRY_URL to that one");
    }
    if (redirects == transfer::kRedirectsMax) return refused("it redirects again and again");
    at = handle_->redirect;
  }
}

Reply Transfer::once(const std::string& url, const std::string* body) {
  Handle& handle = *handle_;
  handle.body.bytes.clear();
  handle.body.too_large = false;
  handle.error[0] = '\0';
  handle.redirect.clear();
  CURL* easy = handle.easy.get();
  handle.set(CURLOPT_URL, url.c_str());
  if (body == nullptr) {
    handle.set(CURLOPT_HTTPGET, 1L);
  } else {
    handle.set(CURLOPT_POST, 1L);
    handle.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    handle.set(CURLOPT_POSTFIELDS, body->data());
  }
  const CURLcode code = curl_easy_perform(easy);
  Reply reply;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  // Of an error's page it says nothing: a proxy may have long ones, and that is an outage.
  reply.too_large = handle.body.too_large && status == 200;
  if (handle.body.too_large) {
    reply.problem = fmt::format("its answer has more than {} bytes", settings_.body_max);
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    reply.problem = fmt::format("no whole answer within {} ms", settings_.timeout.count());
  } else if (code != CURLE_OK) {
    const std::string_view words = handle.error[0] != '\0' ? handle.error.data() : curl_easy_strerror(code);
    reply.problem = fmt::format("{}{}", words, transfer::advice(code));
  }
  if (code != CURLE_OK) return reply;
  curl_off_t seconds = 0;
  char* redirect = nullptr;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &redirect);
  reply.status = static_cast<int>(status);
  reply.retry_after = std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(0), transfer::kRetryAfterMax);
  if (redirect != nullptr) handle.redirect = redirect;
  reply.body = std::move(handle.body.bytes);
  return reply;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
    }
  }
  return encoded;
}

}  // namespace loom::registry
