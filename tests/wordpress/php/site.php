<?php
// A must-use plugin: what a server's environment chooses, its address in the posts, Russian months, and no network.
$choose = fn() => getenv( 'WORDPRESS_THEME' ) ?: 'twentytwentythree';
add_filter( 'pre_option_template', $choose );
add_filter( 'pre_option_stylesheet', $choose );
add_filter( 'the_content', fn( $content ) => str_replace( 'http://SITE', home_url(), $content ), 1 );
add_filter( 'locale', fn() => 'ru_RU' );
$russian = require __DIR__ . '/russian.php';
foreach ( array( 'gettext', 'gettext_with_context' ) as $hook ) {
	add_filter( $hook, fn( $translated, $text ) => $russian[ $text ] ?? $translated, 10, 2 );
}
add_filter( 'wp_sitemaps_enabled', fn() => ! getenv( 'WORDPRESS_WITHOUT_SITEMAPS' ) );
add_filter( 'pre_http_request', fn() => new WP_Error( 'offline', 'The tests have no network.' ) );
add_filter(
	'pre_oembed_result',
	fn( $html, $url ) => str_contains( $url, 'youtube.com' ) ? '<iframe title="Видео" width="580" height="326" src="https://www.youtube.com/embed/karavan0001?feature=oembed" allowfullscreen></iframe>' : $html,
	10,
	2
);
add_action(
	'init',
	function () {
		$months = array( 'Января', 'Февраля', 'Марта', 'Апреля', 'Мая', 'Июня', 'Июля', 'Августа', 'Сентября', 'Октября', 'Ноября', 'Декабря' );
		$small  = array( 'Я' => 'я', 'Ф' => 'ф', 'М' => 'м', 'А' => 'а', 'И' => 'и', 'С' => 'с', 'О' => 'о', 'Н' => 'н', 'Д' => 'д' );
		foreach ( $months as $index => $month ) {
			$month = getenv( 'WORDPRESS_THEME' ) === 'karavan' ? $month : strtr( $month, $small );
			$GLOBALS['wp_locale']->month[ zeroise( $index + 1, 2 ) ] = $month;
		}
	}
);
