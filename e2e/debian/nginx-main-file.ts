/**
 * What `/etc/nginx/nginx.conf` is on a server, for an nginx that keeps everything in a directory of its own and stays in the foreground.
 * @param http what stands in the block `http`
 */
export const nginxMainFile = (directory: string, http: string): string => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path ${directory}/client-body;
    proxy_temp_path ${directory}/proxy;
    fastcgi_temp_path ${directory}/fastcgi;
    uwsgi_temp_path ${directory}/uwsgi;
    scgi_temp_path ${directory}/scgi;
    ${http}
}
`
