<?php
// The site's order of content: headline twice, lede, date and views, photo credit, text, trending topics. On every
// second post the photo stands above the lede, with a caption.
get_header();
the_post();
$photo_first = has_post_thumbnail() && get_the_ID() % 2;
?>
<div class="crumbs"><?php the_title(); ?></div>
<h1><?php the_title(); ?></h1>
<?php if ( $photo_first ) : ?><figure><?php the_post_thumbnail( 'full' ); ?><figcaption>Вид с площади утром</figcaption></figure><?php endif; ?>
<?php if ( has_excerpt() ) : ?><div class="lead"><?php echo esc_html( $post->post_excerpt ); ?></div><?php endif; ?>
<ul><li><?php echo get_the_date(); ?></li><li><?php echo (int) get_post_meta( get_the_ID(), 'views', true ); ?></li></ul>
<?php if ( ! $photo_first ) { the_post_thumbnail( 'full' ); } ?>
<div class="photo">Фото - Caravan.kz</div>
<div class="text"><?php the_content(); ?></div>
<div class="trend">
<div>В тренде:</div>
<?php foreach ( get_posts( array( 'numberposts' => 3 ) ) as $index => $story ) : ?>
<div><?php echo array( 'Пенсия 2026', 'АЭС', 'Алматы' )[ $index ]; ?></div><a href="<?php echo get_permalink( $story ); ?>"><?php echo get_the_title( $story ); ?></a>
<?php endforeach; ?>
</div>
<?php get_footer(); ?>
