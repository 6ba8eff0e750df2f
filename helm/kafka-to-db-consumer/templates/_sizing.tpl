{{/* How many replicas there may be, and what they ask of the database. */}}

{{/* The most replicas, and the value that says so: YAML of {count, name, min}. */}}
{{- define "consumer.replicas" -}}
{{- if .Values.keda.enabled }}
{{- dict "count" (int .Values.keda.maxReplicas) "min" (int .Values.keda.minReplicas) "name" "keda.maxReplicas" | toYaml }}
{{- else if .Values.autoscaling.enabled }}
{{- dict "count" (int .Values.autoscaling.maxReplicas) "min" (int .Values.autoscaling.minReplicas) "name" "autoscaling.maxReplicas" | toYaml }}
{{- else }}
{{- dict "count" (int .Values.replicaCount) "min" (int .Values.replicaCount) "name" "replicaCount" | toYaml }}
{{- end }}
{{- end }}

{{/* A setting as the pods will have it, whichever list it stands in: (dict "root" $ "name" N "default" D) */}}
{{- define "consumer.setting" -}}
{{- $value := .default }}
{{- with get (default dict .root.Values.env) .name }}{{ $value = . }}{{ end }}
{{- range .root.Values.extraEnv }}
{{- if and (eq .name $.name) (hasKey . "value") }}{{ $value = .value }}{{ end }}
{{- end }}
{{- $value }}
{{- end }}

{{/* The default is the service's own. */}}
{{- define "consumer.poolMax" -}}
{{- include "consumer.setting" (dict "root" . "name" "LOOM_DB_MAX_POOL_SIZE" "default" "50") }}
{{- end }}

{{/* Pods beyond the number that a rolling update may start. */}}
{{- define "consumer.surge" -}}
{{- $surge := 0 }}
{{- $count := int (include "consumer.replicas" . | fromYaml).count }}
{{- if ne (default "RollingUpdate" .Values.strategy.type) "Recreate" }}
{{- $of := "25%" }}
{{- with .Values.strategy.rollingUpdate }}
{{- if and (hasKey . "maxSurge") (not (kindIs "invalid" .maxSurge)) }}{{ $of = .maxSurge }}{{ end }}
{{- end }}
{{- if kindIs "string" $of }}
{{- $surge = div (add (mul $count (atoi (trimSuffix "%" $of))) 99) 100 }}
{{- else }}
{{- $surge = int $of }}
{{- end }}
{{- end }}
{{- $surge }}
{{- end }}

{{/* Connections that all replicas may hold at once: each its pool, and five beside it (offsets, catalog, lag, probe). */}}
{{- define "consumer.connections" -}}
{{- $replicas := add (include "consumer.replicas" . | fromYaml).count (include "consumer.surge" .) }}
{{- mul $replicas (add (include "consumer.poolMax" .) 5) }}
{{- end }}
