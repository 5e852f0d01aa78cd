<?php
get_header();
the_post();
?>
<h1><?php the_title(); ?></h1>
<div class="text"><?php the_content(); ?></div>
<?php get_footer(); ?>
