#include "formats/avro_schema.h"

namespace loom::formats {}
