{{/* What the pods of the service and of the Job have in common: where the database is, files, and what they may not do. */}}

{{- define "consumer.etc" -}}/etc/kafka-to-db-consumer{{- end }}

{{/* Which Secret holds a URL, and under which key: (dict "database" .Values.database "own" NAME) */}}
{{- define "consumer.databaseSecret" -}}
{{- $existing := default dict .database.existingSecret }}
{{- if $existing.name }}
{{- dict "name" $existing.name "key" (default "url" $existing.key) | toYaml }}
{{- else }}
{{- dict "name" .own "key" "url" | toYaml }}
{{- end }}
{{- end }}

{{- define "consumer.serviceDatabaseSecret" -}}
{{- include "consumer.databaseSecret" (dict "database" .Values.database "own" (printf "%s-database" (include "consumer.fullname" .))) }}
{{- end }}

{{/* The Job's: of the owning role where one is given, else the service's. Its own copy where the chart makes the Secret,
     since before install there is no other yet. */}}
{{- define "consumer.migrationDatabase" -}}
{{- $owner := .Values.migrations.database }}
{{- if or $owner.url (default dict $owner.existingSecret).name }}{{ $owner | toYaml }}{{ else }}{{ .Values.database | toYaml }}{{ end }}
{{- end }}

{{- define "consumer.migrationDatabaseSecret" -}}
{{- include "consumer.databaseSecret" (dict "database" (include "consumer.migrationDatabase" . | fromYaml) "own" (printf "%s-database-migration" (include "consumer.fullname" .))) }}
{{- end }}

{{/* (dict "root" $ "secret" {name, key}) */}}
{{- define "consumer.databaseEnv" -}}
{{- if eq .root.Values.database.passAs "env" }}
- name: LOOM_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .secret.name }}
      key: {{ .secret.key }}
{{- else }}
- name: LOOM_DATABASE_URL_FILE
  value: {{ include "consumer.etc" . }}/database/url
{{- end }}
{{- with .root.Values.database.tls }}
{{- if .existingSecret }}
{{- $folder := printf "%s/database-tls" (include "consumer.etc" $) }}
- name: PGSSLMODE
  value: {{ .mode }}
{{- if .caKey }}
- name: PGSSLROOTCERT
  value: {{ $folder }}/ca.crt
{{- end }}
{{- if .certificateKey }}
- name: PGSSLCERT
  value: {{ $folder }}/tls.crt
{{- end }}
{{- if .privateKeyKey }}
- name: PGSSLKEY
  value: {{ $folder }}/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* 0440 with fsGroup: for root and the service's group; libpq refuses a private key that more can read. */}}
{{- define "consumer.databaseVolumes" -}}
{{- if ne .root.Values.database.passAs "env" }}
- name: database
  secret:
    secretName: {{ .secret.name }}
    defaultMode: 0440
    items:
      - key: {{ .secret.key }}
        path: url
{{- end }}
{{- with .root.Values.database.tls }}
{{- if .existingSecret }}
- name: database-tls
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
    items:
      {{- if .caKey }}
      - key: {{ .caKey }}
        path: ca.crt
      {{- end }}
      {{- if .certificateKey }}
      - key: {{ .certificateKey }}
        path: tls.crt
      {{- end }}
      {{- if .privateKeyKey }}
      - key: {{ .privateKeyKey }}
        path: tls.key
      {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "consumer.databaseMounts" -}}
{{- if ne .root.Values.database.passAs "env" }}
- name: database
  mountPath: {{ include "consumer.etc" . }}/database
  readOnly: true
{{- end }}
{{- if .root.Values.database.tls.existingSecret }}
- name: database-tls
  mountPath: {{ include "consumer.etc" . }}/database-tls
  readOnly: true
{{- end }}
{{- end }}

{{/* A folder, never subPath: only a folder follows the ConfigMap when it changes. (dict "root" $ "configMap" NAME "key" KEY) */}}
{{- define "consumer.mappingVolume" -}}
- name: mapping
  configMap:
    name: {{ .configMap }}
    items:
      - key: {{ .key }}
        path: topic_mappings.yml
{{- end }}

{{- define "consumer.mappingMount" -}}
- name: mapping
  mountPath: {{ include "consumer.etc" . }}/mapping
  readOnly: true
{{- end }}

{{- define "consumer.mappingEnv" -}}
- name: LOOM_TOPIC_MAPPINGS
  value: {{ include "consumer.etc" . }}/mapping/topic_mappings.yml
{{- include "consumer.topicsEnv" . }}
{{- end }}

{{/* Where the pods may run. */}}
{{- define "consumer.scheduling" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}
