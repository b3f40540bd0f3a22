# The build stage needs the network for the modules; the result is one static binary in an empty image.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o /out/baodao . \
 && mkdir -p -m 0700 /out/own/data /out/own/tmp

FROM scratch
# Certificates for calls to WeChat. Time zones are inside the binary.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/baodao /baodao
# /data and /tmp belong to the user that the program runs as.
COPY --from=build --chown=65532:65532 /out/own/ /
USER 65532:65532
WORKDIR /data
ENV BAODAO_ADDR=:8080 BAODAO_DATA=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["/baodao", "healthcheck"]
ENTRYPOINT ["/baodao"]
CMD ["serve"]
