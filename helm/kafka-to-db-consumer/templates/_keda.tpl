{{/* Parts of the ScaledObject. */}}

{{/* The metadata of one trigger: (dict "root" $ "topic" T). No topic: the whole group, which KEDA cannot limit to
     partitions with lag. */}}
{{- define "consumer.kedaKafka" -}}
{{- $values := .root.Values }}
{{- $security := $values.kafka.security }}
bootstrapServers: {{ $values.kafka.bootstrapServers | quote }}
consumerGroup: {{ $values.kafka.groupId | quote }}
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

{{- define "consumer.poolSaturationQuery" -}}
{{- if .Values.keda.poolSaturation.query }}
{{- tpl .Values.keda.poolSaturation.query . }}
{{- else }}
{{- $pods := printf "namespace=%q,service=%q" .Release.Namespace (include "consumer.fullname" .) }}
{{- printf "count(avg_over_time(kafka_to_db_pool_busy_connections{%s}[2m]) >= 0.95 * kafka_to_db_pool_max_connections{%s} and min_over_time(kafka_to_db_pool_waiting_batches{%s}[2m]) > 0) or vector(0)" $pods $pods $pods }}
{{- end }}
{{- end }}
