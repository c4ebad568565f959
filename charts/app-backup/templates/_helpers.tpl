{{- define "app-backup.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: app-backup
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* (dict "root" $ "name" … "labels" …) */}}
{{- define "app-backup.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "app-backup.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "app-backup.cluster" -}}
{{- required "cluster is required: the name of the Cluster" .Values.cluster }}
{{- end }}

{{- define "app-backup.store" -}}
{{- default .Release.Name .Values.store.name }}
{{- end }}

{{- define "app-backup.secret" -}}
{{- default (printf "%s-credentials" (include "app-backup.store" .)) .Values.credentials.secretName }}
{{- end }}

{{- define "app-backup.serverName" -}}
{{- default (include "app-backup.cluster" .) .Values.serverName }}
{{- end }}

{{/* The entry of spec.plugins. A chart that has this one as dependency can include it. */}}
{{- define "app-backup.plugins" -}}
- name: {{ .Values.pluginName }}
  isWALArchiver: true
  parameters:
    barmanObjectName: {{ include "app-backup.store" . }}
    serverName: {{ include "app-backup.serverName" . }}
{{- end }}

{{/* The entry of spec.externalClusters to restore from: (dict "root" $ "serverName" …). */}}
{{- define "app-backup.origin" -}}
- name: origin
  plugin:
    name: {{ .root.Values.pluginName }}
    parameters:
      barmanObjectName: {{ include "app-backup.store" .root }}
      serverName: {{ .serverName }}
{{- end }}
