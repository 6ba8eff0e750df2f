{{/* Parts of the ScaledObject. */}}

{{/* The metadata of one trigger: (dict "root" $ "topic" T). No topic: the whole group, which KEDA cannot limit to
     partitions with lag. */}}
{{- define "consumer.kedaKafka" -}}
{{- $values := .root.Values }}
{{- $security := $values.kafka.security }}
bootstrapServers: {{ $values.kafka.bootstrapServers | quote }}
consumerGroup: {{ include "consumer.groupId" .root | quote }}
{{- with .topic }}
topic: {{ . | quote }}
{{- end }}
lagThreshold: {{ int $values.keda.lagThreshold | quote }}
activationLagThreshold: {{ int $values.keda.activationLagThreshold | quote }}
# Of a partition without an offset: all of it is lag, as for the service.
offsetResetPolicy: {{ include "consumer.setting" (dict "root" .root "name" "LOOM_KAFKA_AUTO_OFFSET_RESET" "default" "earliest") }}
allowIdleConsumers: "false"
{{- if .topic }}
limitToPartitionsWithLag: "true"
{{- end }}
version: {{ $values.keda.kafkaVersion | quote }}
{{- with get (dict "PLAIN" "plaintext" "SCRAM-SHA-256" "scram_sha256" "SCRAM-SHA-512" "scram_sha512") (default "" $security.saslMechanism) }}
sasl: {{ . }}
{{- end }}
{{- if has $security.protocol (list "SSL" "SASL_SSL") }}
tls: enable
{{- end }}
{{- end }}

{{- define "consumer.kedaAuthenticationRef" -}}
{{- if .Values.keda.authenticationRef }}
authenticationRef:
  {{- toYaml .Values.keda.authenticationRef | nindent 2 }}
{{- else if .Values.kafka.security.existingSecret }}
authenticationRef:
  name: {{ include "consumer.fullname" . }}-kafka
{{- end }}
{{- end }}

{{/* Topics that KEDA asks Kafka for. */}}
{{- define "consumer.kedaTopics" -}}
{{- if .Values.keda.topics }}{{ toJson .Values.keda.topics }}{{ else }}{{ include "consumer.knownTopics" . }}{{ end }}
{{- end }}

{{/* One replica at a time reports the lag, for a moment two or none: never a sum, and no value is not 0. A topic that is
     stopped waits for a person, not for more replicas. */}}
{{- define "consumer.lagSecondsQuery" -}}
{{- if .Values.keda.seconds.query }}
{{- tpl .Values.keda.seconds.query . }}
{{- else }}
{{- $pods := printf "namespace=%q,service=%q" .Release.Namespace (include "consumer.fullname" .) }}
{{- printf "max(kafka_consumergroup_group_lag_seconds{%s,group=%q} unless on (topic) (max by (topic) (kafka_to_db_topic_stopped{%s}) == 1))" $pods (include "consumer.groupId" .) $pods }}
{{- end }}
{{- end }}

{{/* The trigger by seconds. Value, and not AverageValue: an age does not become smaller by being divided. */}}
{{- define "consumer.kedaSeconds" -}}
{{- $seconds := .Values.keda.seconds }}
{{- if $seconds.serverAddress }}
- type: prometheus
  name: lag_seconds
  metricType: Value
  metadata:
    serverAddress: {{ $seconds.serverAddress | quote }}
    query: {{ include "consumer.lagSecondsQuery" . | quote }}
    threshold: {{ int $seconds.target | quote }}
    # Nobody reports it at the moment: no reason to change anything.
    ignoreNullValues: "false"
{{- else }}
# Each replica knows the lag of the whole group.
- type: metrics-api
  name: lag_seconds
  metricType: Value
  # The autoscaler asks four times a minute.
  useCachedMetrics: true
  metadata:
    url: {{ printf "http://%s.%s.svc:%d/status" (include "consumer.fullname" .) .Release.Namespace (int .Values.service.port) | quote }}
    valueLocation: lag.seconds
    targetValue: {{ int $seconds.target | quote }}
{{- end }}
{{- end }}

{{- define "consumer.poolSaturationQuery" -}}
{{- if .Values.keda.poolSaturation.query }}
{{- tpl .Values.keda.poolSaturation.query . }}
{{- else }}
{{- $pods := printf "namespace=%q,service=%q" .Release.Namespace (include "consumer.fullname" .) }}
{{- printf "count(avg_over_time(kafka_to_db_pool_busy_connections{%s}[2m]) >= 0.95 * kafka_to_db_pool_max_connections{%s} and min_over_time(kafka_to_db_pool_waiting_batches{%s}[2m]) > 0) or vector(0)" $pods $pods $pods }}
{{- end }}
{{- end }}
