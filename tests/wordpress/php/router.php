<?php
// The entry of PHP's own server: files as they are, every other path by WordPress.
$file = $_SERVER['DOCUMENT_ROOT'] . rawurldecode( (string) parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) );
if ( is_file( $file ) ) {
	return false;
}
file_put_contents( getenv( 'WORDPRESS_REQUESTS' ), $_SERVER['REQUEST_URI'] . "\n", FILE_APPEND );
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
define( 'WP_USE_THEMES', true );
require __DIR__ . '/wp-config.php';
wp();
require ABSPATH . WPINC . '/template-loader.php';
