<?php
// Installs WordPress and inserts the posts of a JSON file: php install.php posts.json
define( 'WP_INSTALLING', true );
require __DIR__ . '/wp-config.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
list( 'posts' => $posts, 'sections' => $sections, 'authors' => $authors ) = json_decode( file_get_contents( $argv[1] ), true );

function wp_new_blog_notification() {} // sends mail

function attach( $post, $url, $slug ) {
	$file  = substr( $url, strlen( '/wp-content/uploads/' ) );
	$image = wp_insert_attachment( array( 'post_mime_type' => 'image/jpeg', 'post_title' => $slug, 'post_name' => $slug, 'post_date' => $post['date'] ), $file, $post['id'] );
	$sizes = array();
	foreach ( array( 'medium' => array( 300, 200 ), 'large' => array( 1024, 683 ) ) as $name => list( $width, $height ) ) {
		$sizes[ $name ] = array( 'file' => str_replace( '.jpg', "-{$width}x$height.jpg", basename( $file ) ), 'width' => $width, 'height' => $height, 'mime-type' => 'image/jpeg' );
	}
	wp_update_attachment_metadata( $image, array( 'width' => 1200, 'height' => 800, 'file' => $file, 'sizes' => $sizes ) );
	return $image;
}

add_filter( 'pre_wp_mail', '__return_true' );

$wpdb->query( 'SET autocommit = 0' );
wp_install( 'Караван', 'admin', 'admin@example.org', true, '', 'only for this test' );
wp_installing( false );
update_option( 'timezone_string', 'Asia/Almaty' );
update_option( 'date_format', 'j F Y' );
update_option( 'time_format', 'H:i' );
$wp_rewrite->set_permalink_structure( '/%category%/%postname%-%post_id%/' );
wp_delete_post( 1, true ); // Hello world!
wp_update_post( array( 'ID' => 2, 'post_title' => 'О редакции', 'post_name' => 'o-redakcii', 'post_content' => '<!-- wp:paragraph --><p>Редакция работает каждый день, письма читает и на все отвечает.</p><!-- /wp:paragraph -->' ) );

kses_remove_filters();
wp_defer_term_counting( true );
wp_defer_comment_counting( true );
foreach ( $sections as $slug => $name ) {
	$category[ $slug ] = wp_insert_term( $name, 'category', array( 'slug' => $slug ) )['term_id'];
}
foreach ( $authors as $index => $name ) {
	$user[ $name ] = wp_insert_user( array( 'user_login' => "author$index", 'user_pass' => 'only for this test', 'display_name' => $name, 'role' => 'author' ) );
}
foreach ( $posts as $post ) {
	$id = wp_insert_post( wp_slash( array(
		'import_id'     => $post['id'],
		'post_name'     => $post['slug'],
		'post_title'    => $post['title'],
		'post_excerpt'  => $post['excerpt'],
		'post_content'  => $post['content'],
		'post_date'     => $post['date'],
		'post_status'   => 'publish',
		'post_author'   => $user[ $post['author'] ],
		'post_category' => array( $category[ $post['section'] ] ),
		'tags_input'    => $post['tags'],
		'meta_input'    => array( 'views' => $post['views'] ),
	) ), true );
	if ( $id !== $post['id'] ) {
		fwrite( STDERR, "post {$post['id']}: " . print_r( $id, true ) );
		exit( 1 );
	}
	if ( $post['featured'] ) {
		set_post_thumbnail( $id, attach( $post, $post['featured'], $post['slug'] . '-foto' ) );
	}
	foreach ( $post['attachments'] as $attachment ) {
		attach( $post, $attachment['file'], $attachment['slug'] );
	}
	if ( $post['comment'] ) {
		wp_insert_comment( array( 'comment_post_ID' => $id, 'comment_author' => 'Читатель', 'comment_content' => $post['comment'], 'comment_date' => gmdate( 'Y-m-d H:i:s', strtotime( $post['date'] . ' +2 days' ) ) ) );
	}
}
wp_defer_term_counting( false );
wp_defer_comment_counting( false );
$wpdb->query( 'COMMIT' );
