{{/* Kafka as librdkafka and KEDA are told of it, and the environment of the service that follows. */}}

{{/* Keys of the Secret, the files that they become and the settings that name these: one table for volume and environment. */}}
{{- define "consumer.kafkaFiles" -}}
{{- with .Values.kafka.security }}
{{- $files := list }}
{{- range list
  (dict "key" .usernameKey "path" "username" "env" "LOOM_RDKAFKA_SASL_USERNAME_FILE" "keda" "username")
  (dict "key" .passwordKey "path" "password" "env" "LOOM_RDKAFKA_SASL_PASSWORD_FILE" "keda" "password")
  (dict "key" .caKey "path" "ca.crt" "env" "LOOM_RDKAFKA_SSL_CA_LOCATION" "keda" "ca")
  (dict "key" .certificateKey "path" "tls.crt" "env" "LOOM_RDKAFKA_SSL_CERTIFICATE_LOCATION" "keda" "cert")
  (dict "key" .privateKeyKey "path" "tls.key" "env" "LOOM_RDKAFKA_SSL_KEY_LOCATION" "keda" "key")
  (dict "key" .privateKeyPasswordKey "path" "key-password" "env" "LOOM_RDKAFKA_SSL_KEY_PASSWORD_FILE" "keda" "keyPassword") }}
{{- if and $.Values.kafka.security.existingSecret .key }}{{ $files = append $files . }}{{ end }}
{{- end }}
{{- toYaml $files }}
{{- end }}
{{- end }}

{{- define "consumer.kafkaEnv" -}}
- name: LOOM_KAFKA_BOOTSTRAP_SERVERS
  value: {{ .Values.kafka.bootstrapServers | quote }}
- name: LOOM_KAFKA_GROUP_ID
  value: {{ include "consumer.groupId" . | quote }}
{{- with .Values.kafka.security.protocol }}
- name: LOOM_RDKAFKA_SECURITY_PROTOCOL
  value: {{ . }}
{{- end }}
{{- with .Values.kafka.security.saslMechanism }}
- name: LOOM_RDKAFKA_SASL_MECHANISM
  value: {{ . }}
{{- end }}
{{- range include "consumer.kafkaFiles" . | fromYamlArray }}
- name: {{ .env }}
  value: {{ include "consumer.etc" $ }}/kafka/{{ .path }}
{{- end }}
{{- end }}

{{/* A release that consumes a part of a mapping has to state its own: checkTopics. */}}
{{- define "consumer.groupId" -}}
{{- default "kafka-to-db-consumer" .Values.kafka.groupId }}
{{- end }}

{{- define "consumer.kafkaVolume" -}}
{{- with .Values.kafka.security.existingSecret }}
- name: kafka
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      {{- range include "consumer.kafkaFiles" $ | fromYamlArray }}
      - key: {{ .key }}
        path: {{ .path }}
      {{- end }}
{{- end }}
{{- end }}

{{/* The part of the environment that is the chart's own; env and extraEnv come after it. */}}
{{- define "consumer.ownEnv" -}}
{{ include "consumer.databaseEnv" (dict "root" . "secret" (include "consumer.serviceDatabaseSecret" . | fromYaml)) | trim }}
{{ include "consumer.kafkaEnv" . }}
{{ include "consumer.mappingEnv" . }}
- name: LOOM_HTTP_PORT
  value: "8001"
{{- end }}

{{/* Ports of the brokers that are named. */}}
{{- define "consumer.kafkaPorts" -}}
{{- $ports := list }}
{{- range splitList "," .Values.kafka.bootstrapServers }}
{{- with regexFind ":[0-9]+$" (trim .) }}{{ $ports = append $ports (atoi (trimPrefix ":" .)) }}{{ end }}
{{- end }}
{{- default (list 9092) (uniq $ports) | toJson }}
{{- end }}
