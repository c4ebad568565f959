{{- define "wal-archiver.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* 40 characters leave room for the endings of the names made of it. */}}
{{- define "wal-archiver.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "wal-archiver.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "wal-archiver.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* The version of plugin and sidecar alike. */}}
{{- define "wal-archiver.version" -}}
{{- default .Chart.AppVersion .Values.version }}
{{- end }}

{{- define "wal-archiver.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (include "wal-archiver.version" .) }}
{{- end }}
{{- end }}

{{- define "wal-archiver.selector" -}}
app.kubernetes.io/name: {{ include "wal-archiver.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "wal-archiver.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "wal-archiver.selector" . }}
app.kubernetes.io/version: {{ include "wal-archiver.version" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Metadata of an object in the release's namespace: (dict "root" $ "name" … "annotations" …). */}}
{{- define "wal-archiver.metadata" -}}
{{- $annotations := merge (dict) (default dict .annotations) .root.Values.commonAnnotations -}}
name: {{ .name }}
{{- if not .clusterScoped }}
namespace: {{ default .root.Release.Namespace .namespace }}
{{- end }}
labels:
  {{- include "wal-archiver.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "wal-archiver.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "wal-archiver.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is required when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "wal-archiver.serviceName" -}}
{{- default (include "wal-archiver.fullname" .) .Values.service.name }}
{{- end }}

{{- define "wal-archiver.serverSecret" -}}
{{- default (printf "%s-server-tls" (include "wal-archiver.fullname" .)) .Values.certificates.serverSecretName }}
{{- end }}

{{- define "wal-archiver.clientSecret" -}}
{{- default (printf "%s-client-tls" (include "wal-archiver.fullname" .)) .Values.certificates.clientSecretName }}
{{- end }}

{{/* Text "true" on OpenShift. */}}
{{- define "wal-archiver.openshift" -}}
{{- if eq (toString .Values.openshift) "auto" }}
{{- .Capabilities.APIVersions.Has "security.openshift.io/v1" }}
{{- else }}
{{- .Values.openshift }}
{{- end }}
{{- end }}

{{/* A security context without what the platform decides on OpenShift: (dict "root" $ "context" …). */}}
{{- define "wal-archiver.securityContext" -}}
{{- if eq (include "wal-archiver.openshift" .root) "true" }}
{{- toYaml (omit .context "runAsUser" "runAsGroup" "fsGroup" "supplementalGroups" "seLinuxOptions") }}
{{- else }}
{{- toYaml .context }}
{{- end }}
{{- end }}
