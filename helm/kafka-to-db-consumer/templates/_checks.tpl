{{/* What the chart refuses, and why. Each check adds its lines to .problems; checks.yaml fails with all of them at once.
     Called with (dict "root" $ "problems" list-holder). */}}

{{- define "consumer.problem" -}}
{{- $_ := set .to "problems" (append .to.problems .text) }}
{{- end }}

{{- define "consumer.checkDatabase" -}}
{{- $database := .root.Values.database }}
{{- $secret := (default dict $database.existingSecret).name }}
{{- if and (not $database.url) (not $secret) }}
{{- include "consumer.problem" (dict "to" . "text" "no database: set database.url, or database.existingSecret.name to a Secret that holds the URL") }}
{{- end }}
{{- if and $database.url $secret }}
{{- include "consumer.problem" (dict "to" . "text" "database.url and database.existingSecret.name are both set: which of them?") }}
{{- end }}
{{- $owner := .root.Values.migrations.database }}
{{- if and $owner.url (default dict $owner.existingSecret).name }}
{{- include "consumer.problem" (dict "to" . "text" "migrations.database.url and migrations.database.existingSecret.name are both set: which of them?") }}
{{- end }}
{{- end }}

{{- define "consumer.checkConnections" -}}
{{- $min := include "consumer.setting" (dict "root" .root "name" "LOOM_DB_MIN_POOL_SIZE" "default" "0") }}
{{- $max := include "consumer.poolMax" .root }}
{{- if gt (int $min) (int $max) }}
{{- include "consumer.problem" (dict "to" . "text" (printf "LOOM_DB_MIN_POOL_SIZE is %s, more than LOOM_DB_MAX_POOL_SIZE, which is %s" $min $max)) }}
{{- end }}
{{- with .root.Values.database.maxConnections }}
{{- $replicas := include "consumer.replicas" $.root | fromYaml }}
{{- $surge := int (include "consumer.surge" $.root) }}
{{- $reserved := int $.root.Values.database.reservedConnections }}
{{- $needed := add (include "consumer.connections" $.root) $reserved }}
{{- if gt (int $needed) (int .) }}
{{- $count := printf "%d replicas (%s)" (int $replicas.count) $replicas.name }}
{{- if $surge }}{{ $count = printf "%d replicas (%s %d, and %d by strategy.rollingUpdate.maxSurge)" (add $replicas.count $surge) $replicas.name (int $replicas.count) $surge }}{{ end }}
{{- include "consumer.problem" (dict "to" $ "text" (printf "%s x (%s connections of LOOM_DB_MAX_POOL_SIZE + 5 beside the pool) + %d reserved = %d connections, but database.maxConnections is %d: fewer replicas, a smaller pool, PgBouncer in front, or a larger max_connections" $count $max $reserved (int $needed) (int .))) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "consumer.checkReplicas" -}}
{{- $values := .root.Values }}
{{- if and $values.autoscaling.enabled $values.keda.enabled }}
{{- include "consumer.problem" (dict "to" . "text" "autoscaling.enabled and keda.enabled are both true: two autoscalers would fight over the number of replicas; set autoscaling.enabled=false") }}
{{- end }}
{{- $replicas := include "consumer.replicas" .root | fromYaml }}
{{- if gt (int $replicas.min) (int $replicas.count) }}
{{- include "consumer.problem" (dict "to" . "text" (printf "%s is %d, more than %s, which is %d" ($replicas.name | replace "max" "min") (int $replicas.min) $replicas.name (int $replicas.count))) }}
{{- end }}
{{- with $values.kafka.partitions }}
{{- if gt (int $replicas.count) (int .) }}
{{- include "consumer.problem" (dict "to" $ "text" (printf "%s is %d, but kafka.partitions is %d: a replica beyond the partitions has nothing to do" $replicas.name (int $replicas.count) (int .))) }}
{{- end }}
{{- end }}
{{- with $values.autoscaling }}
{{- if and .enabled (not .targetCPUUtilizationPercentage) (not .targetMemoryUtilizationPercentage) (not .lag.enabled) }}
{{- include "consumer.problem" (dict "to" $ "text" "autoscaling has nothing to go by: set targetCPUUtilizationPercentage, targetMemoryUtilizationPercentage or lag.enabled") }}
{{- end }}
{{- $resources := default dict $values.resources }}
{{- range $resource, $target := dict "cpu" .targetCPUUtilizationPercentage "memory" .targetMemoryUtilizationPercentage }}
{{- $stated := or (get (default dict $resources.requests) $resource) (get (default dict $resources.limits) $resource) }}
{{- if and $values.autoscaling.enabled $target (not $stated) }}
{{- include "consumer.problem" (dict "to" $ "text" (printf "autoscaling measures %s against its request, which is missing: set resources.requests.%s" $resource $resource)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "consumer.checkKeda" -}}
{{- $keda := .root.Values.keda }}
{{- if $keda.enabled }}
{{- if and (eq $keda.by "messages") $keda.perTopic (not (include "consumer.kedaTopics" .root | fromJsonArray)) }}
{{- include "consumer.problem" (dict "to" . "text" "keda.perTopic needs names of topics, and the chart knows none: list them in keda.topics, or set keda.perTopic=false") }}
{{- end }}
{{- $asksService := and (eq $keda.by "seconds") (not $keda.seconds.serverAddress) }}
{{- if and $asksService .root.Values.networkPolicy.enabled (not .root.Values.networkPolicy.ingressFrom) }}
{{- include "consumer.problem" (dict "to" . "text" "keda.by is seconds and KEDA asks the service, but networkPolicy.ingressFrom lets in the pods of this namespace only: name KEDA's namespace there, or Prometheus' address in keda.seconds.serverAddress") }}
{{- end }}
{{- if and $keda.seconds.query $asksService }}
{{- include "consumer.problem" (dict "to" . "text" "keda.seconds.query needs keda.seconds.serverAddress, the address of Prometheus") }}
{{- end }}
{{- if and $keda.poolSaturation.enabled (not $keda.poolSaturation.serverAddress) }}
{{- include "consumer.problem" (dict "to" . "text" "keda.poolSaturation.enabled needs keda.poolSaturation.serverAddress, the address of Prometheus") }}
{{- end }}
{{- end }}
{{- end }}

{{- define "consumer.checkTopics" -}}
{{- $topics := .root.Values.topics }}
{{- if and (or $topics.include $topics.exclude) (not .root.Values.kafka.groupId) }}
{{- include "consumer.problem" (dict "to" . "text" (printf "topics.include or topics.exclude is set, which needs kafka.groupId: each of the releases over one mapping has a group of its own, such as %s; where this release goes on with what the group kafka-to-db-consumer has stored, state that" .root.Release.Name)) }}
{{- end }}
{{- $mapped := include "consumer.mappedTopics" .root | fromJsonArray }}
{{- $names := concat (default list $topics.include) (default list $topics.exclude) | uniq }}
{{- $patterns := false }}
{{- range $mapped }}{{ if hasPrefix "^" . }}{{ $patterns = true }}{{ end }}{{ end }}
{{- if and $mapped (not $patterns) }}
{{- range $name := $names }}
{{- if not (or (hasPrefix "^" $name) (has $name $mapped)) }}
{{- include "consumer.problem" (dict "to" $ "text" (printf "topics.include or topics.exclude names %s, which the topic mappings do not have" $name)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "consumer.checkKafka" -}}
{{- $security := .root.Values.kafka.security }}
{{- $keys := list }}
{{- range $name := list "usernameKey" "passwordKey" "caKey" "certificateKey" "privateKeyKey" "privateKeyPasswordKey" }}
{{- if get $security $name }}{{ $keys = append $keys (printf "kafka.security.%s" $name) }}{{ end }}
{{- end }}
{{- if and $keys (not $security.existingSecret) }}
{{- include "consumer.problem" (dict "to" . "text" (printf "%s set without kafka.security.existingSecret: keys of which Secret?" (join ", " $keys))) }}
{{- end }}
{{- if and $security.existingSecret (not $keys) }}
{{- include "consumer.problem" (dict "to" . "text" "kafka.security.existingSecret is set, but none of its keys is named (usernameKey, passwordKey, caKey, ...)") }}
{{- end }}
{{- $sasl := hasPrefix "SASL_" (default "" $security.protocol) }}
{{- if and $sasl (not $security.saslMechanism) (not (hasKey (default dict .root.Values.env) "LOOM_RDKAFKA_SASL_MECHANISM")) }}
{{- include "consumer.problem" (dict "to" . "text" (printf "kafka.security.protocol is %s, which needs kafka.security.saslMechanism" $security.protocol)) }}
{{- end }}
{{- if and $security.saslMechanism (not $sasl) }}
{{- include "consumer.problem" (dict "to" . "text" (printf "kafka.security.saslMechanism is %s, but kafka.security.protocol is not SASL_SSL or SASL_PLAINTEXT" $security.saslMechanism)) }}
{{- end }}
{{- if and $security.saslMechanism (not (and $security.usernameKey $security.passwordKey)) }}
{{- include "consumer.problem" (dict "to" . "text" (printf "kafka.security.saslMechanism is %s, which needs usernameKey and passwordKey of kafka.security.existingSecret" $security.saslMechanism)) }}
{{- end }}
{{- if ne (empty $security.certificateKey) (empty $security.privateKeyKey) }}
{{- include "consumer.problem" (dict "to" . "text" "kafka.security.certificateKey and kafka.security.privateKeyKey belong together") }}
{{- end }}
{{- end }}

{{- define "consumer.checkMapping" -}}
{{- $values := .root.Values }}
{{- if and $values.topicMappings $values.existingConfigMap }}
{{- include "consumer.problem" (dict "to" . "text" "topicMappings and existingConfigMap are both set: which of them?") }}
{{- else if not $values.existingConfigMap }}
{{- $text := include "consumer.mapping" .root }}
{{- if gt (len $text) 1048576 }}
{{- include "consumer.problem" (dict "to" . "text" (printf "the topic mappings have %d bytes, but a ConfigMap takes 1048576 (1 MiB): use patterns and defaults, or split the topics over two releases with a kafka.groupId each" (len $text))) }}
{{- else }}
{{- $parsed := fromYaml $text }}
{{- $hint := "is it a file's name instead of its text (--set-file topicMappings=FILE)?" }}
{{- if hasKey $parsed "Error" }}
{{- include "consumer.problem" (dict "to" . "text" (printf "the topic mappings are not a YAML map: %s; %s" (get $parsed "Error") $hint)) }}
{{- else if not (kindIs "map" (get $parsed "topics")) }}
{{- include "consumer.problem" (dict "to" . "text" (printf "the topic mappings have no map `topics`; %s" $hint)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Two entries of one name are legal, and the first is silently void. */}}
{{- define "consumer.checkEnvironment" -}}
{{- $values := .root.Values }}
{{- $own := dict }}
{{- range include "consumer.ownEnv" .root | fromYamlArray }}{{ $_ := set $own .name true }}{{ end }}
{{- $where := dict "LOOM_DATABASE_URL" "database" "LOOM_DATABASE_URL_FILE" "database" "DATABASE_URL" "database" "LOOM_KAFKA_BOOTSTRAP_SERVERS" "kafka.bootstrapServers" "LOOM_KAFKA_GROUP_ID" "kafka.groupId" "LOOM_TOPIC_MAPPINGS" "topicMappings" "LOOM_TOPICS" "topics.include" "LOOM_TOPICS_EXCLUDE" "topics.exclude" }}
{{- $names := keys (default dict $values.env) }}
{{- range $values.extraEnv }}{{ $names = append $names .name }}{{ end }}
{{- range $name := $names | uniq | sortAlpha }}
{{- if or (hasKey $own $name) (hasKey $where $name) }}
{{- $by := get $where $name | default "" }}
{{- if hasPrefix "LOOM_RDKAFKA_" $name }}{{ $by = "kafka.security" }}{{ else if hasPrefix "PGSSL" $name }}{{ $by = "database.tls" }}{{ end }}
{{- include "consumer.problem" (dict "to" $ "text" (printf "%s is set by the chart itself%s, and must not stand in env or extraEnv" $name (ternary (printf " (%s)" $by) "" (ne $by "")))) }}
{{- end }}
{{- end }}
{{- range $name := $names | uniq | sortAlpha }}
{{- $count := 0 }}
{{- range $names }}{{ if eq . $name }}{{ $count = add1 $count }}{{ end }}{{ end }}
{{- if gt (int $count) 1 }}
{{- include "consumer.problem" (dict "to" $ "text" (printf "%s is set twice, in env and extraEnv" $name)) }}
{{- end }}
{{- end }}
{{- end }}
