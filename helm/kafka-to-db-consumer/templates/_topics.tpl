{{/* Which topics of the mapping the release consumes. */}}

{{- define "consumer.topicsEnv" -}}
{{- with .Values.topics.include }}
- name: LOOM_TOPICS
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.topics.exclude }}
- name: LOOM_TOPICS_EXCLUDE
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}

{{/* For NOTES.txt, with a blank behind it. */}}
{{- define "consumer.topicsInWords" -}}
{{- with .Values.topics.include }}{{ join ", " . }} {{ end }}
{{- with .Values.topics.exclude }}(without {{ join ", " . }}) {{ end }}
{{- end }}

{{/* The keys of the mapping that the chart knows, as JSON; none where it stands in somebody else's ConfigMap. */}}
{{- define "consumer.mappedTopics" -}}
{{- $mapped := get (include "consumer.mapping" . | fromYaml) "topics" }}
{{- ternary $mapped dict (kindIs "map" $mapped) | keys | sortAlpha | toJson }}
{{- end }}

{{/* Whether items name a topic: (dict "topic" T "items" LIST) */}}
{{- define "consumer.isNamed" -}}
{{- range .items }}
{{- if or (eq . $.topic) (and (hasPrefix "^" .) (regexMatch . $.topic)) }}true{{ end }}
{{- end }}
{{- end }}

{{/* The topics whose names are known here, as JSON. A pattern (it begins with ^) is no name of a topic. */}}
{{- define "consumer.knownTopics" -}}
{{- $include := default list .Values.topics.include }}
{{- $topics := list }}
{{- range $topic := concat (include "consumer.mappedTopics" . | fromJsonArray) $include | uniq | sortAlpha }}
{{- $taken := or (not $include) (include "consumer.isNamed" (dict "topic" $topic "items" $include)) }}
{{- $out := include "consumer.isNamed" (dict "topic" $topic "items" $.Values.topics.exclude) }}
{{- if and (not (hasPrefix "^" $topic)) $taken (not $out) }}{{ $topics = append $topics $topic }}{{ end }}
{{- end }}
{{- toJson $topics }}
{{- end }}
