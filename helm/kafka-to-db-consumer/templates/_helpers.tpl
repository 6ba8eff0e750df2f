{{/* Names, labels and the few facts that more than one template needs. */}}

{{- define "consumer.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Cut so that the longest suffix (-database-migration) still fits into 63 characters. */}}
{{- define "consumer.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 44 | trimSuffix "-" }}
{{- else }}
{{- $name := include "consumer.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 44 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 44 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* What selects the service's pods, and neither those of the Job nor those of the tests. Never to be changed: a
     Deployment's selector cannot be. */}}
{{- define "consumer.selectorLabels" -}}
app.kubernetes.io/name: {{ include "consumer.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: consumer
{{- end }}

{{- define "consumer.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: loom
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "consumer.labels" -}}
{{ include "consumer.selectorLabels" . }}
{{ include "consumer.commonLabels" . }}
{{- end }}

{{/* The labels of pods that are not the service: (dict "root" $ "component" "migration") */}}
{{- define "consumer.sideLabels" -}}
app.kubernetes.io/name: {{ include "consumer.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "consumer.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "consumer.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "consumer.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Before install the chart's own account is not there. */}}
{{- define "consumer.migrationServiceAccountName" -}}
{{- if .Values.migrations.serviceAccountName }}
{{- .Values.migrations.serviceAccountName }}
{{- else if .Values.serviceAccount.create }}
{{- "default" }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "consumer.mappingConfigMap" -}}
{{- default (printf "%s-mapping" (include "consumer.fullname" .)) .Values.existingConfigMap }}
{{- end }}

{{/* The mapping's text, or nothing when it stands in somebody else's ConfigMap. */}}
{{- define "consumer.mapping" -}}
{{- if not .Values.existingConfigMap }}
{{- default (.Files.Get "files/topic_mappings.yml") .Values.topicMappings }}
{{- end }}
{{- end }}

{{- define "consumer.hasMigrationJob" -}}
{{- if or .Values.migrations.enabled .Values.createTables }}true{{ end }}
{{- end }}

{{/* before-hook-creation also takes away what a failed attempt left. */}}
{{- define "consumer.hookAnnotations" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
