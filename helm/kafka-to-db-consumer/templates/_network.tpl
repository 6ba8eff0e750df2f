{{/* Rules that the policies of the service and of the Job share. */}}

{{/* (dict "to" LIST "ports" LIST "protocols" LIST) */}}
{{- define "consumer.egress" -}}
- ports:
    {{- range $port := .ports }}
    {{- range $.protocols }}
    - port: {{ int $port }}
      protocol: {{ . }}
    {{- end }}
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "consumer.egressDns" -}}
{{- include "consumer.egress" (dict "ports" (list 53) "protocols" (list "UDP" "TCP") "to" .Values.networkPolicy.dns.to) }}
{{- end }}

{{- define "consumer.egressDatabase" -}}
{{- with .Values.networkPolicy.database }}
{{- include "consumer.egress" (dict "ports" .ports "protocols" (list "TCP") "to" .to) }}
{{- end }}
{{- end }}

{{- define "consumer.egressKafka" -}}
{{- $ports := default (include "consumer.kafkaPorts" . | fromJsonArray) .Values.networkPolicy.kafka.ports }}
{{- include "consumer.egress" (dict "ports" $ports "protocols" (list "TCP") "to" .Values.networkPolicy.kafka.to) }}
{{- end }}
