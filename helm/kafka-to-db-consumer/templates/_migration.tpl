{{/* Parts of the Job that brings the database up to date. */}}

{{/* The mapping as this install or upgrade brings it; before it, the service's ConfigMap is not there, or is the old one. */}}
{{- define "consumer.migrationConfigMap" -}}
{{- default (printf "%s-mapping-migration" (include "consumer.fullname" .)) .Values.existingConfigMap }}
{{- end }}

{{/* (dict "root" $ "step" "migrate") */}}
{{- define "consumer.migrationContainer" -}}
{{- $database := dict "root" .root "secret" (include "consumer.migrationDatabaseSecret" .root | fromYaml) }}
{{- $tables := eq .step "create-tables" }}
- name: {{ .step }}
  image: {{ include "consumer.image" .root | quote }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args: [{{ .step | quote }}]
  env:
    {{- include "consumer.databaseEnv" $database | trim | nindent 4 }}
    {{- if $tables }}
    {{- include "consumer.mappingEnv" .root | nindent 4 }}
    {{- end }}
    {{- with .root.Values.migrations.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .root.Values.migrations.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $mounts := include "consumer.databaseMounts" $database | trim }}
  {{- if or $tables $mounts }}
  volumeMounts:
    {{- if $tables }}
    {{- include "consumer.mappingMount" . | nindent 4 }}
    {{- end }}
    {{- with $mounts }}
    {{- . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end }}

{{- define "consumer.migrationVolumes" -}}
{{ include "consumer.databaseVolumes" (dict "root" . "secret" (include "consumer.migrationDatabaseSecret" . | fromYaml)) | trim }}
{{- if .Values.createTables }}
{{ include "consumer.mappingVolume" (dict "configMap" (include "consumer.migrationConfigMap" .) "key" (ternary .Values.existingConfigMapKey "topic_mappings.yml" (ne .Values.existingConfigMap ""))) }}
{{- end }}
{{- end }}
