<?php get_header(); ?>
<div class="list">
<?php while ( have_posts() ) : the_post(); ?>
<div class="BlockNewsCardImage"><a href="<?php the_permalink(); ?>"><?php the_post_thumbnail( 'medium' ); ?><span><?php the_title(); ?></span></a></div>
<?php endwhile; ?>
</div>
<?php the_posts_pagination(); ?>
<?php get_footer(); ?>
